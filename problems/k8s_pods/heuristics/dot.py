"""The node whose free resources look most like the pod: the largest product."""

# EVOLVE-BLOCK-START


def score(pod, node, state):
    return -(pod.cpu * node.cpu + pod.memory * node.memory)


# EVOLVE-BLOCK-END

"""The node whose free resources are in the pod's proportion: the smallest angle."""

# EVOLVE-BLOCK-START


def score(pod, node, state):
    product = pod.cpu * node.cpu + pod.memory * node.memory
    lengths = (pod.cpu**2 + pod.memory**2) * (node.cpu**2 + node.memory**2)
    return -product / (lengths**0.5 + 1e-9)


# EVOLVE-BLOCK-END

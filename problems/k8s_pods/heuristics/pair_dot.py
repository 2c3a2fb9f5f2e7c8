"""Tetris: of all pods and nodes the pair with the largest product."""

# EVOLVE-BLOCK-START


def pair_score(pod, node, state):
    return -(pod.cpu * node.cpu + pod.memory * node.memory)


# EVOLVE-BLOCK-END

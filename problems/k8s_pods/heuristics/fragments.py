"""Fragmentation gradient descent: the least new room that nobody can use."""

# EVOLVE-BLOCK-START


def score(pod, node, state):
    before = (1 - node.fit) * (node.cpu + node.memory)
    after = (1 - node.fit_after) * (node.cpu_after + node.memory_after)
    return after - before


# EVOLVE-BLOCK-END

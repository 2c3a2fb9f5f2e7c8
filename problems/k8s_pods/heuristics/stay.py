"""Where the pod runs now if it can stay there, otherwise the least room left."""

# EVOLVE-BLOCK-START


def score(pod, node, state):
    return node.cpu_after + node.memory_after - 10 * node.here


# EVOLVE-BLOCK-END

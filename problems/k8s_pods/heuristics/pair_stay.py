"""What can stay where it runs first, then the pair that leaves the least room."""

# EVOLVE-BLOCK-START


def pair_score(pod, node, state):
    return node.cpu_after + node.memory_after - 10 * node.here


# EVOLVE-BLOCK-END

"""The node with the least room left, as MostAllocated of kube-scheduler would."""

# EVOLVE-BLOCK-START


def score(pod, node, state):
    return node.cpu_after + node.memory_after


# EVOLVE-BLOCK-END

"""LeastAllocated and BalancedAllocation of kube-scheduler, pods by priority."""

# EVOLVE-BLOCK-START


def queue_score(pod, node, state):
    least_allocated = (node.cpu_after + node.memory_after) / 2 * 100
    balanced = (1 - abs(node.cpu_after - node.memory_after) / 2) * 100
    return -least_allocated - balanced


# EVOLVE-BLOCK-END

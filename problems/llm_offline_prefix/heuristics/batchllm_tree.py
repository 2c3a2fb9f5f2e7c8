"""Sort the children of every node by their share of decoding, then walk the tree."""


# EVOLVE-BLOCK-START
def order(requests, tree, state):
    """Walk depth first, the largest ratio of output to prefill first."""
    below = {node.number: [] for node in tree}
    below[-1] = []
    for node in tree:
        below[node.parent].append((-node.output / node.prefill, 0, node.number))
    for request in requests:
        below[request.node].append((-request.ratio, 1, request.id))
    found = []
    stack = sorted(below[-1], reverse=True)
    while stack:
        _, leaf, number = stack.pop()
        if leaf:
            found.append(number)
        else:
            stack += sorted(below[number], reverse=True)
    return found


# EVOLVE-BLOCK-END

"""Group by prefix, the group with the longest output first, and so inside."""


# EVOLVE-BLOCK-START
def order(requests, tree, state):
    """Sort by the longest output below each node on the path."""
    parents = {node.number: node.parent for node in tree}
    longest = dict.fromkeys(parents, 0)
    paths = {}
    for request in requests:
        path = []
        node = request.node
        while node >= 0:
            path.append(node)
            longest[node] = max(longest[node], request.output)
            node = parents[node]
        paths[request.id] = path[::-1]

    def key(request):
        path = paths[request.id]
        return [(-longest[k], k) for k in path] + [(-request.output, -1)]

    return [request.id for request in sorted(requests, key=key)]


# EVOLVE-BLOCK-END

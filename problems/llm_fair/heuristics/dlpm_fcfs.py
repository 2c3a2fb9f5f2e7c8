"""DLPM; among equal matches the request that has waited longest."""

# EVOLVE-BLOCK-START


def pick(waiting, clients, state):
    left = {client.number for client in clients if client.deficit > 0}
    able = [request for request in waiting if request.client in left] or waiting
    return min(able, key=lambda one: (-one.match, -one.wait, one.id)).id


# EVOLVE-BLOCK-END

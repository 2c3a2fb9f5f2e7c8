"""Shortest prompt first: fewest tokens to compute."""

# EVOLVE-BLOCK-START


def priority(request, client, state):
    return request.fresh


# EVOLVE-BLOCK-END

"""Fewest waiting: each request at once to the replica where the fewest wait."""

# EVOLVE-BLOCK-START


def match(request, replica, state):
    return -1.0 / (1.0 + replica.waiting)


# EVOLVE-BLOCK-END

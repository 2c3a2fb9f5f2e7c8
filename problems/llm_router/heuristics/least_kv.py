"""Least memory: each request at once to the replica with the fewest blocks taken."""

# EVOLVE-BLOCK-START


def match(request, replica, state):
    return -1.0 / (1.0 + replica.used + replica.waiting_blocks)


# EVOLVE-BLOCK-END

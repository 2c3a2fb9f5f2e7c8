"""Least memory: each request at once to the replica with the fewest blocks taken."""

# EVOLVE-BLOCK-START


def match(request, replica, state):
    return replica.used + replica.waiting_blocks - 100000.0


# EVOLVE-BLOCK-END

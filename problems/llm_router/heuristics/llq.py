"""Fewest in flight: each request at once to the replica that has the fewest."""

# EVOLVE-BLOCK-START


def match(request, replica, state):
    return -1.0 / (1.0 + replica.in_flight)


# EVOLVE-BLOCK-END

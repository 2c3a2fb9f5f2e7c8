"""Fewest in flight: each request at once to the replica that has the fewest."""

# EVOLVE-BLOCK-START


def match(request, replica, state):
    return replica.in_flight - 1000.0


# EVOLVE-BLOCK-END

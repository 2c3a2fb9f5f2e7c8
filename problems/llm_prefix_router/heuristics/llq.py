"""Fewest in flight, as the loads were last read."""

# EVOLVE-BLOCK-START


def cost(request, replica, state):
    return replica.in_flight


# EVOLVE-BLOCK-END

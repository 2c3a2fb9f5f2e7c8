"""LMetric: tokens to compute times the size of the batch."""

# EVOLVE-BLOCK-START


def cost(request, replica, state):
    return replica.fresh * (replica.in_flight + 1)


# EVOLVE-BLOCK-END

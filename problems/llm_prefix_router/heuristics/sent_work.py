"""Least work: tokens to compute there, those of requests just sent included."""

# EVOLVE-BLOCK-START


def cost(request, replica, state):
    return replica.fresh + replica.pending


# EVOLVE-BLOCK-END

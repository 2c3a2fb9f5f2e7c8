"""Least work: tokens to compute there, those sent since the loads were read included."""

# EVOLVE-BLOCK-START


def cost(request, replica, state):
    return replica.fresh + replica.backlog + replica.recent_fresh


# EVOLVE-BLOCK-END

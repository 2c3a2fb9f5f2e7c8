"""Round robin: replicas take turns."""

# EVOLVE-BLOCK-START


def cost(request, replica, state):
    return replica.turn


# EVOLVE-BLOCK-END

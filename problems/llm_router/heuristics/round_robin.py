"""Round robin: replicas take turns."""

# EVOLVE-BLOCK-START


def match(request, replica, state):
    turn = (request.id - replica.number) % state.replicas
    return -1.0 / (1.0 + turn)


# EVOLVE-BLOCK-END

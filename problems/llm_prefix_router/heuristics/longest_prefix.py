"""Longest prefix: the replica that knows most of the prompt, in turn among equals."""

# EVOLVE-BLOCK-START


def cost(request, replica, state):
    return replica.fresh + replica.turn / 1000


# EVOLVE-BLOCK-END

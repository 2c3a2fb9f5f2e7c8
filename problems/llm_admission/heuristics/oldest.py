"""The call that was admitted first loses its memory."""

# EVOLVE-BLOCK-START


def victim(call, state):
    return call.place


# EVOLVE-BLOCK-END

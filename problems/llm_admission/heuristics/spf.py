"""Shortest prompt first."""

# EVOLVE-BLOCK-START


def admit(call, state):
    return -1.0 / call.tokens


# EVOLVE-BLOCK-END

"""Shortest prompt first."""

# EVOLVE-BLOCK-START


def priority(call, state):
    return -1.0 / call.tokens


# EVOLVE-BLOCK-END

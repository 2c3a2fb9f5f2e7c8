"""Shortest prompt first, of those with which the forecast sees enough memory."""

# EVOLVE-BLOCK-START


def admit(call, state):
    if call.peak > 0.95 * state.blocks:
        return 1.0
    return -1.0 / call.tokens


# EVOLVE-BLOCK-END

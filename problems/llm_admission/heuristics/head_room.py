"""Shortest prompt first, held until there is room for 1.6 times the prompt."""

# EVOLVE-BLOCK-START


def admit(call, state):
    if state.free - 1.6 * call.blocks < 0.03 * state.blocks:
        return 1.0
    return -1.0 / call.tokens


# EVOLVE-BLOCK-END

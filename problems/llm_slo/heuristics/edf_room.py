"""Earliest due date first among calls that can meet it and have room to grow."""

# EVOLVE-BLOCK-START


def priority(call, state):
    if state.free - 1.6 * call.blocks < 0.1 * state.blocks:
        return 1.0
    return call.due - (10000.0 if call.slack >= 0 else 1000.0)


# EVOLVE-BLOCK-END

"""Shortest job first, by the prediction of what remains of its output."""

# EVOLVE-BLOCK-START


def admit(call, state):
    left = max(1, call.predicted - call.done)
    return -1.0 / (left + 0.1 * call.tokens)


# EVOLVE-BLOCK-END

"""First come, first served, of those with which the forecast sees enough memory."""

# EVOLVE-BLOCK-START


def admit(call, state):
    if call.peak > 0.95 * state.blocks:
        return 1.0
    return -1.0 - call.wait - 1000.0 * call.restarts


# EVOLVE-BLOCK-END

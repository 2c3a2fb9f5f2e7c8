"""First come, first served, as in vLLM: whoever waits longest is admitted."""

# EVOLVE-BLOCK-START


def admit(call, state):
    return -1.0 - call.wait - 1000.0 * call.restarts


# EVOLVE-BLOCK-END

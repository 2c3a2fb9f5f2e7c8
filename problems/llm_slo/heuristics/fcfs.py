"""First come, first served, as in vLLM; who has lost its memory comes first."""

# EVOLVE-BLOCK-START


def priority(call, state):
    return -1.0 - call.wait - 1000.0 * call.restarts


# EVOLVE-BLOCK-END

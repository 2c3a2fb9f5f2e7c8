"""First come, first served, in steps of 512 tokens: stalls of decoding are short."""

# EVOLVE-BLOCK-START


def admit(call, state):
    if state.prefill and state.decoding + state.prefill + call.tokens > 512:
        return 1.0
    return -1.0 - call.wait - 1000.0 * call.restarts


# EVOLVE-BLOCK-END

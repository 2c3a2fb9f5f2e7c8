"""First come, first served, with room for the longest output of each call."""

# EVOLVE-BLOCK-START


def admit(call, state):
    longest = 1024
    batch = state.used + state.running * longest / 16
    if batch + call.blocks + longest / 16 > state.blocks:
        return 1.0
    return -1.0 - call.wait


# EVOLVE-BLOCK-END

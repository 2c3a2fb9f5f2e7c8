"""In the manner of GMAX: most tokens in time for the share of the engine they need."""

# EVOLVE-BLOCK-START


def priority(call, state):
    gain = call.done + call.left
    if call.slack < 0:
        return -1.0 / call.need
    share = call.need / max(call.due, 0.001)
    return -1000.0 * gain / share


# EVOLVE-BLOCK-END

"""The call with the least expected latency first."""

# EVOLVE-BLOCK-START


def priority(call, state):
    return -1 / call.mean


# EVOLVE-BLOCK-END

"""The call with the greatest expected latency first."""

# EVOLVE-BLOCK-START


def priority(call, state):
    return -call.mean


# EVOLVE-BLOCK-END

"""Requests first come, first served: the call that waits longest."""

# EVOLVE-BLOCK-START


def priority(call, program, state):
    return -call.wait


# EVOLVE-BLOCK-END

"""Make every call as soon as the limits allow, in the order of the task."""

# EVOLVE-BLOCK-START


def priority(call, state):
    return call.place - state.n


# EVOLVE-BLOCK-END

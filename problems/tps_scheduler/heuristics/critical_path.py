"""The call with the longest chain behind it first."""

# EVOLVE-BLOCK-START


def priority(call, state):
    return -call.tail


# EVOLVE-BLOCK-END

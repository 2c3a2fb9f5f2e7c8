"""The call that most others need first, directly or not."""

# EVOLVE-BLOCK-START


def priority(call, state):
    return -call.followers - 1


# EVOLVE-BLOCK-END

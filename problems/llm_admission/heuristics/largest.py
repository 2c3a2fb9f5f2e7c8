"""The call with the most memory loses it."""

# EVOLVE-BLOCK-START


def victim(call, state):
    return -call.blocks


# EVOLVE-BLOCK-END

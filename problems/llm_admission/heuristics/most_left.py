"""The call with the most tokens to come, by the prediction, loses its memory."""

# EVOLVE-BLOCK-START


def victim(call, state):
    return call.done - call.predicted


# EVOLVE-BLOCK-END

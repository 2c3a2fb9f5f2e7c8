"""The call that has made the fewest tokens loses its memory."""

# EVOLVE-BLOCK-START


def victim(call, state):
    return call.done


# EVOLVE-BLOCK-END

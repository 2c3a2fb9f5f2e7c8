"""The call that was admitted last loses its memory, as in vLLM."""

# EVOLVE-BLOCK-START


def victim(call, state):
    return -call.place


# EVOLVE-BLOCK-END

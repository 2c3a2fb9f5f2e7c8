"""Worst fit: the emptiest open bin, a new one only if none has room."""

# EVOLVE-BLOCK-START


def cost(bin, item, state):
    if bin.free == state.capacity:
        return 1
    return -bin.after


# EVOLVE-BLOCK-END

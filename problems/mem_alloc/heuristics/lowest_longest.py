"""What can go lowest first, and of that the longest life."""

# EVOLVE-BLOCK-START


def next_buffer(buf, state):
    return buf.offset - buf.life / (state.life_max + 1)


# EVOLVE-BLOCK-END

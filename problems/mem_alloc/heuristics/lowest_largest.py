"""What can go lowest first, and of that the largest."""

# EVOLVE-BLOCK-START


def next_buffer(buf, state):
    return buf.offset - buf.size / (state.size_max + 1)


# EVOLVE-BLOCK-END

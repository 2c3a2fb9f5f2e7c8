"""What can go lowest first, and of that what has least room above it."""

# EVOLVE-BLOCK-START


def next_buffer(buf, state):
    return buf.offset - buf.load / (state.bound + 1)


# EVOLVE-BLOCK-END

"""What is done around a time."""

# EVOLVE-BLOCK-START


def free(op, state):
    return op.distance


# EVOLVE-BLOCK-END

"""What is critical, around a time."""

# EVOLVE-BLOCK-START


def free(op, state):
    return op.slack + 0.5 * op.distance


# EVOLVE-BLOCK-END

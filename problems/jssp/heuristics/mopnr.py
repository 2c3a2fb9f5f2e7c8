"""Most operations remaining first."""

# EVOLVE-BLOCK-START


def priority(op, state):
    return -op.left


# EVOLVE-BLOCK-END

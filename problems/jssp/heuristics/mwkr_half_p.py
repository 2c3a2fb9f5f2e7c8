"""Most work remaining first, preferring short operations."""

# EVOLVE-BLOCK-START


def priority(op, state):
    return op.p - 0.5 * op.rest


# EVOLVE-BLOCK-END

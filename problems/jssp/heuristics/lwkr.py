"""Least work remaining first, this operation included."""

# EVOLVE-BLOCK-START


def priority(op, state):
    return op.rest


# EVOLVE-BLOCK-END

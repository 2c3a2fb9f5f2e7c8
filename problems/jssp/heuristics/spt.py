"""Shortest processing time first."""

# EVOLVE-BLOCK-START


def priority(op, state):
    return op.p


# EVOLVE-BLOCK-END

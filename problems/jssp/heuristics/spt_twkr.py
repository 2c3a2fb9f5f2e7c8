"""Smallest ratio of time to total work of the job first."""

# EVOLVE-BLOCK-START


def priority(op, state):
    return op.p / max(1, op.total)


# EVOLVE-BLOCK-END

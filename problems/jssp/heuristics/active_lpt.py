"""Longest processing time first, active schedules."""

# EVOLVE-BLOCK-START


def active_priority(op, state):
    return -op.p


# EVOLVE-BLOCK-END

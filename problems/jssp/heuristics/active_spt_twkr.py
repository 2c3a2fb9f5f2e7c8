"""Smallest ratio of time to total work of the job first, active schedules."""

# EVOLVE-BLOCK-START


def active_priority(op, state):
    return op.p / max(1, op.total)


# EVOLVE-BLOCK-END

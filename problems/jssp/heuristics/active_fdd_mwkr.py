"""Smallest ratio of flow due date to work remaining first, active schedules."""

# EVOLVE-BLOCK-START


def active_priority(op, state):
    return (op.done + op.p) / max(1, op.rest)


# EVOLVE-BLOCK-END

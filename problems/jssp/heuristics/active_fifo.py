"""First in the queue, first served, active schedules."""

# EVOLVE-BLOCK-START


def active_priority(op, state):
    return op.ready


# EVOLVE-BLOCK-END

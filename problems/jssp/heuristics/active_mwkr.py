"""Most work remaining first, this operation included, active schedules."""

# EVOLVE-BLOCK-START


def active_priority(op, state):
    return -op.rest


# EVOLVE-BLOCK-END

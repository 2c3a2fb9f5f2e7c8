"""Most operations remaining first, active schedules."""

# EVOLVE-BLOCK-START


def active_priority(op, state):
    return -op.left


# EVOLVE-BLOCK-END

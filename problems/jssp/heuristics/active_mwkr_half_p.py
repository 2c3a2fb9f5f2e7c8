"""Most work remaining first, preferring short operations, active schedules."""

# EVOLVE-BLOCK-START


def active_priority(op, state):
    return op.p - 0.5 * op.rest


# EVOLVE-BLOCK-END

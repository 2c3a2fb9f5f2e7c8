"""First in the queue, first served."""

# EVOLVE-BLOCK-START


def priority(op, state):
    return op.ready


# EVOLVE-BLOCK-END

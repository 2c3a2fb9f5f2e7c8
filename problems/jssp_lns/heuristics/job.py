"""All operations of some jobs."""

# EVOLVE-BLOCK-START


def free(op, state):
    return op.job_luck


# EVOLVE-BLOCK-END

"""One task for each core."""

# EVOLVE-BLOCK-START


def partition(job, user, stage, state):
    return state.cores


# EVOLVE-BLOCK-END

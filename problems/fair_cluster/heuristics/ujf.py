"""The user with the fewest running tasks, of it the job with the fewest."""

# EVOLVE-BLOCK-START


def priority(job, user, stage, state):
    return user.running * (state.cores + 1) + job.running


# EVOLVE-BLOCK-END

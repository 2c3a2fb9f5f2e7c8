"""The job with the fewest running tasks."""

# EVOLVE-BLOCK-START


def priority(job, user, stage, state):
    return job.running


# EVOLVE-BLOCK-END

"""The job with the least work that has not started."""

# EVOLVE-BLOCK-START


def priority(job, user, stage, state):
    return job.left


# EVOLVE-BLOCK-END

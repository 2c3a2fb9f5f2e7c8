"""The job with the least work in all."""

# EVOLVE-BLOCK-START


def priority(job, user, stage, state):
    return job.size


# EVOLVE-BLOCK-END

"""First come, first served."""

# EVOLVE-BLOCK-START


def priority(job, user, stage, state):
    return job.arrival


# EVOLVE-BLOCK-END

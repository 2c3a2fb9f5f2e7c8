"""First come, first served."""

# EVOLVE-BLOCK-START


def priority(job, state):
    return job.arrival


# EVOLVE-BLOCK-END

"""Least service so far first."""

# EVOLVE-BLOCK-START


def priority(job, state):
    return job.elapsed


# EVOLVE-BLOCK-END

"""Earliest due date first."""

# EVOLVE-BLOCK-START


def priority(job, state):
    return job.d


# EVOLVE-BLOCK-END

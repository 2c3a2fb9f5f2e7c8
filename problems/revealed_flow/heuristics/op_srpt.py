"""Least left of the current operation first."""

# EVOLVE-BLOCK-START


def priority(job, state):
    return job.rest


# EVOLVE-BLOCK-END

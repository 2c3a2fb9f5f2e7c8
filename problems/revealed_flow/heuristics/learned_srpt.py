"""Least left first, with what followed in complete jobs behind it."""

# EVOLVE-BLOCK-START


def priority(job, state):
    return job.rest + job.behind


# EVOLVE-BLOCK-END

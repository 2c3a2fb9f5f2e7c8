"""Least expected work left first, with the law known."""

# EVOLVE-BLOCK-START


def informed_priority(job, state):
    return job.rest + job.behind


# EVOLVE-BLOCK-END

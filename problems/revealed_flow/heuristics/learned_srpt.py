"""Least left first, with what jobs have shown so far to follow it."""

# EVOLVE-BLOCK-START


def priority(job, state):
    return job.rest + job.behind


# EVOLVE-BLOCK-END

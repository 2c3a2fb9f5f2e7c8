"""Shortest processing time first."""

# EVOLVE-BLOCK-START


def priority(job, state):
    return job.p


# EVOLVE-BLOCK-END

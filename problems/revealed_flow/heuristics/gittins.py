"""Best chance to complete for the time first, with the law known."""

# EVOLVE-BLOCK-START


def informed_priority(job, state):
    return job.rank


# EVOLVE-BLOCK-END

"""Cost over time with k = 2; the largest index is next, then the earliest due date."""

# EVOLVE-BLOCK-START


def priority(job, state):
    p = max(1, job.p)
    slack = max(0, job.d - state.t - job.p)
    if slack >= 2 * p:
        return job.d
    return -job.w / p * (1 - slack / (2 * p))


# EVOLVE-BLOCK-END

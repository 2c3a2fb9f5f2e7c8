"""MDD Challenger: modified due dates that punish long jobs a little more."""

# EVOLVE-BLOCK-START


def priority(job, state):
    modified = max(1.1 * job.p + state.t, job.d)
    ratio = min(job.p / (state.t + state.p_max), 1)
    penalty = ratio**2 / (1 + ratio**2)
    return modified * (1 + penalty) + job.p / (state.t + state.p_mean)


# EVOLVE-BLOCK-END

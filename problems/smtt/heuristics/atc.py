"""Apparent tardiness cost with look-ahead k = 2; the largest index is next."""

import math

# EVOLVE-BLOCK-START


def priority(job, state):
    slack = max(0, job.d - state.t - job.p)
    urgency = math.exp(-slack / (2 * max(1, state.p_mean)))
    return -job.w / max(1, job.p) * urgency


# EVOLVE-BLOCK-END

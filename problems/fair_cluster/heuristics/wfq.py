"""Weighted fair queueing: the earliest virtual end, a flow for each job."""

# EVOLVE-BLOCK-START


def priority(job, user, stage, state):
    return job.tag


# EVOLVE-BLOCK-END

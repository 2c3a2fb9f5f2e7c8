"""Weighted fair queueing: the earliest virtual end, a flow for each user."""

# EVOLVE-BLOCK-START


def priority(job, user, stage, state):
    return job.queue_tag


# EVOLVE-BLOCK-END

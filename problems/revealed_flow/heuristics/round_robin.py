"""What has not been served for longest."""

# EVOLVE-BLOCK-START


def priority(job, state):
    return job.last


# EVOLVE-BLOCK-END

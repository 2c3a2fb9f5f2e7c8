"""UWFQ: virtual arrival of the user and size over the share of the job."""

# EVOLVE-BLOCK-START


def priority(job, user, stage, state):
    return job.user_tag + job.size * (user.jobs - 1)


# EVOLVE-BLOCK-END

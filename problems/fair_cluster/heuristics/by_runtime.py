"""Tasks of about ten time units."""

# EVOLVE-BLOCK-START


def partition(job, user, stage, state):
    return stage.work / 10


# EVOLVE-BLOCK-END

"""As many tasks as the workload says."""

# EVOLVE-BLOCK-START


def partition(job, user, stage, state):
    return stage.tasks


# EVOLVE-BLOCK-END

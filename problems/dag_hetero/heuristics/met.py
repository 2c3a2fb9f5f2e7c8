"""Minimum execution time: the fastest machine, the task that is ready first."""

# EVOLVE-BLOCK-START


def select(task, option, state):
    return task.ready + option.cost - task.fastest


# EVOLVE-BLOCK-END

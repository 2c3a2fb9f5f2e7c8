"""Sufferage: the task that would lose most without its best machine."""

# EVOLVE-BLOCK-START


def select(task, option, state):
    return option.eft - task.second


# EVOLVE-BLOCK-END

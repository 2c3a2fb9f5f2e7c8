"""Earliest task first: the earliest start, ties by level."""

# EVOLVE-BLOCK-START


def select(task, option, state):
    return option.est - task.level / (state.span + 1)


# EVOLVE-BLOCK-END

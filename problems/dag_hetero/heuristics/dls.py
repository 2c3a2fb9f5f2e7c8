"""Dynamic level scheduling: level less start, with the gain on this machine."""

# EVOLVE-BLOCK-START


def select(task, option, state):
    return max(option.data, option.free) - task.level - (task.mean - option.cost)


# EVOLVE-BLOCK-END

"""Max-Min: of the earliest ends of all tasks the latest first."""

# EVOLVE-BLOCK-START


def select(task, option, state):
    return option.eft - 2 * task.best


# EVOLVE-BLOCK-END

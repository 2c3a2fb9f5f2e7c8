"""CPOP: the longest way through first; the critical path has a machine."""

# EVOLVE-BLOCK-START


def select(task, option, state):
    order = -task.up - task.down
    if task.critical:
        return order + state.n * state.span * (1 - option.pinned)
    return order + option.delay


# EVOLVE-BLOCK-END

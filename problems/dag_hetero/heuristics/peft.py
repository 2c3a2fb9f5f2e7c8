"""PEFT: the largest optimistic cost first, where end plus optimistic cost is least."""

# EVOLVE-BLOCK-START


def select(task, option, state):
    return option.delay_oct - task.oct


# EVOLVE-BLOCK-END

"""The largest mean optimistic cost first, the order of PEFT."""

# EVOLVE-BLOCK-START


def rank(task, dag):
    return -task.oct


# EVOLVE-BLOCK-END

"""The longest work to the end first; transfers are left out."""

# EVOLVE-BLOCK-START


def rank(task, dag):
    return -task.level


# EVOLVE-BLOCK-END

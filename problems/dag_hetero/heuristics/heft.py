"""HEFT: the largest upward rank first."""

# EVOLVE-BLOCK-START


def rank(task, dag):
    return -task.up


# EVOLVE-BLOCK-END

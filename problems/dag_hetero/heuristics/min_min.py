"""Min-Min: the pair of task and machine that ends first."""

# EVOLVE-BLOCK-START


def select(task, option, state):
    return option.eft


# EVOLVE-BLOCK-END

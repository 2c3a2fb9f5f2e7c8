"""HEFT: the machine on which the task ends first."""

# EVOLVE-BLOCK-START


def choose_machine(task, option, dag):
    return option.eft


# EVOLVE-BLOCK-END

"""Lookahead: the machine after which all children can end first."""

# EVOLVE-BLOCK-START


def choose_machine(task, option, dag):
    return option.ahead


# EVOLVE-BLOCK-END

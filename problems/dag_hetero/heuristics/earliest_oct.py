"""The machine of the least end plus optimistic cost, as in PEFT."""

# EVOLVE-BLOCK-START


def choose_machine(task, option, dag):
    return option.eft + option.oct


# EVOLVE-BLOCK-END

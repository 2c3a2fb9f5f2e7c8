"""Programs first come, first served: the call of the oldest program."""

# EVOLVE-BLOCK-START


def priority(call, program, state):
    return -program.age


# EVOLVE-BLOCK-END

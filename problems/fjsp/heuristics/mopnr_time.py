"""Most operations remaining first; to its fastest machine."""

# EVOLVE-BLOCK-START


def priority(op, machine, state):
    if state.routing:
        return machine.p
    return -op.left


# EVOLVE-BLOCK-END

"""Most work remaining first; to its fastest machine."""

# EVOLVE-BLOCK-START


def priority(op, machine, state):
    if state.routing:
        return machine.p
    return -op.rest


# EVOLVE-BLOCK-END

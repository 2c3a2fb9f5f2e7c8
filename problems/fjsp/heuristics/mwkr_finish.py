"""Most work remaining first; to the machine that would end it first."""

# EVOLVE-BLOCK-START


def priority(op, machine, state):
    if state.routing:
        return machine.end
    return -op.rest


# EVOLVE-BLOCK-END

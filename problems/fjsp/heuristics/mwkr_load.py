"""Most work remaining first; to the machine with the least work so far."""

# EVOLVE-BLOCK-START


def priority(op, machine, state):
    if state.routing:
        return machine.load
    return -op.rest


# EVOLVE-BLOCK-END

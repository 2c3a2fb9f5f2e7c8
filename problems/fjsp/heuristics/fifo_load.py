"""First come, first served; to the machine with the least work so far."""

# EVOLVE-BLOCK-START


def priority(op, machine, state):
    if state.routing:
        return machine.load
    return op.ready


# EVOLVE-BLOCK-END

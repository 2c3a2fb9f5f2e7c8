"""First come, first served; to its fastest machine."""

# EVOLVE-BLOCK-START


def priority(op, machine, state):
    if state.routing:
        return machine.p
    return op.ready


# EVOLVE-BLOCK-END

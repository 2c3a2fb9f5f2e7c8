"""Shortest time first; to the machine with the least work so far."""

# EVOLVE-BLOCK-START


def priority(op, machine, state):
    if state.routing:
        return machine.load
    return machine.p


# EVOLVE-BLOCK-END

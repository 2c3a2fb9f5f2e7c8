"""Equal time for each type, until one is the shortest with confidence."""

# EVOLVE-BLOCK-START


def preempt(kind, state):
    return -1 if kind.high < state.next_low else kind.time


# EVOLVE-BLOCK-END

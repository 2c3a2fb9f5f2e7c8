"""Equal time for each type that could still be the shortest."""

# EVOLVE-BLOCK-START


def preempt(kind, state):
    return kind.time + 10**9 * (kind.low > state.best_high)


# EVOLVE-BLOCK-END

"""Plain rolling horizon: nothing is fixed."""

# EVOLVE-BLOCK-START


def fix(op, state):
    return -1.0


# EVOLVE-BLOCK-END

"""First what delays the others least beyond their latest starts."""

# EVOLVE-BLOCK-START


def dispatch(act, state):
    return act.harm


# EVOLVE-BLOCK-END

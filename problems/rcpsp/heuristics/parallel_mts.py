"""Most successors first, at every moment."""

# EVOLVE-BLOCK-START


def dispatch(act, state):
    return -act.after


# EVOLVE-BLOCK-END

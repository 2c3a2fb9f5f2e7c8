"""Shortest first, at every moment."""

# EVOLVE-BLOCK-START


def dispatch(act, state):
    return act.p


# EVOLVE-BLOCK-END

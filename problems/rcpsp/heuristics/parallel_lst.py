"""Earliest latest start first, at every moment."""

# EVOLVE-BLOCK-START


def dispatch(act, state):
    return act.lst


# EVOLVE-BLOCK-END

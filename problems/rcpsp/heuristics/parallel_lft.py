"""Earliest latest finish first, at every moment."""

# EVOLVE-BLOCK-START


def dispatch(act, state):
    return act.lft


# EVOLVE-BLOCK-END

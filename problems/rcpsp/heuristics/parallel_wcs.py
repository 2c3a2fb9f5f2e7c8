"""Least slack first, if the worst of the others went before."""

# EVOLVE-BLOCK-START


def dispatch(act, state):
    return act.worst


# EVOLVE-BLOCK-END

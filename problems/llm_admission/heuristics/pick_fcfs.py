"""First come, first served; who has lost its memory comes first."""

# EVOLVE-BLOCK-START


def pick(waiting, running, state):
    return waiting[0].id


# EVOLVE-BLOCK-END

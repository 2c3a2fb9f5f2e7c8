"""Most successors first, those of successors counted in."""

# EVOLVE-BLOCK-START


def priority(act, stats):
    return -act.after


# EVOLVE-BLOCK-END

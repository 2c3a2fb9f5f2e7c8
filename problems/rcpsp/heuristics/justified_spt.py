"""Shortest first, then justified."""

# EVOLVE-BLOCK-START


def justified(act, stats):
    return act.p


# EVOLVE-BLOCK-END

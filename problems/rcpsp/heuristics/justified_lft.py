"""Earliest latest finish first, then justified."""

# EVOLVE-BLOCK-START


def justified(act, stats):
    return act.lft


# EVOLVE-BLOCK-END

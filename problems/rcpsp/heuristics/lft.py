"""Earliest latest finish first."""

# EVOLVE-BLOCK-START


def priority(act, stats):
    return act.lft


# EVOLVE-BLOCK-END

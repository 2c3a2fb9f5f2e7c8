"""Earliest latest start first."""

# EVOLVE-BLOCK-START


def priority(act, stats):
    return act.lst


# EVOLVE-BLOCK-END

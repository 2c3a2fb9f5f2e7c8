"""Earliest earliest start first."""

# EVOLVE-BLOCK-START


def priority(act, stats):
    return act.est


# EVOLVE-BLOCK-END

"""Shortest first."""

# EVOLVE-BLOCK-START


def priority(act, stats):
    return act.p


# EVOLVE-BLOCK-END

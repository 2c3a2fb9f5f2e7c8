"""Largest duration with those of the direct successors first."""

# EVOLVE-BLOCK-START


def priority(act, stats):
    return -act.rank


# EVOLVE-BLOCK-END

"""Least slack first."""

# EVOLVE-BLOCK-START


def priority(act, stats):
    return act.slack


# EVOLVE-BLOCK-END

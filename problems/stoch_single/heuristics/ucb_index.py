"""Least mean that is still plausible, at every interruption."""

# EVOLVE-BLOCK-START


def preempt(kind, state):
    return kind.low


# EVOLVE-BLOCK-END

"""Least mean that is still plausible."""

# EVOLVE-BLOCK-START


def choose(kind, state):
    return kind.low


# EVOLVE-BLOCK-END

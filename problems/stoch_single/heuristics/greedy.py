"""Least mean so far; every type is tried once."""

# EVOLVE-BLOCK-START


def choose(kind, state):
    return kind.mean


# EVOLVE-BLOCK-END

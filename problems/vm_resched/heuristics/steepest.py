"""The migration that adds the most whole blocks."""

# EVOLVE-BLOCK-START


def score(move, state):
    return -move.gain


# EVOLVE-BLOCK-END

"""The most whole blocks, and of such migrations the least memory to copy."""

# EVOLVE-BLOCK-START


def score(move, state):
    return move.memory / 1000 - move.gain


# EVOLVE-BLOCK-END

"""The most whole blocks, and of such migrations the tightest place."""

# EVOLVE-BLOCK-START


def score(move, state):
    return move.target_after / 1000 - move.gain


# EVOLVE-BLOCK-END

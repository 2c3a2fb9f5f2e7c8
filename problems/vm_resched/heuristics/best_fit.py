"""To the place with the least room left, as a packer of bins would."""

# EVOLVE-BLOCK-START


def score(move, state):
    return move.target_free + move.target_memory / 1000


# EVOLVE-BLOCK-END

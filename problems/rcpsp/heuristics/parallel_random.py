"""In random order, at every moment."""

import random

# EVOLVE-BLOCK-START


def dispatch(act, state):
    return random.random()


# EVOLVE-BLOCK-END

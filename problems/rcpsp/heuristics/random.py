"""In random order."""

import random

# EVOLVE-BLOCK-START


def priority(act, stats):
    return random.random()


# EVOLVE-BLOCK-END

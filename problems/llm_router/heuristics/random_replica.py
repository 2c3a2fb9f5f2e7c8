"""Random: any replica."""

import random

# EVOLVE-BLOCK-START


def match(request, replica, state):
    return random.random() - 1.0


# EVOLVE-BLOCK-END

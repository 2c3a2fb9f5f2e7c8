"""Any order."""

# EVOLVE-BLOCK-START
import random


def priority(request, tree, state):
    """Draw a number."""
    return random.random()


# EVOLVE-BLOCK-END

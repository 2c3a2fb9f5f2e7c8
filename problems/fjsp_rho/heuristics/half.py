"""Fix each operation with chance 1/2, by a generator of its own: it repeats itself."""

from random import Random

# EVOLVE-BLOCK-START


def fix(op, state):
    return 0.5 - Random(repr(op)).random()


# EVOLVE-BLOCK-END

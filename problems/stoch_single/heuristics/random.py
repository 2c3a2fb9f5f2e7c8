"""Any type, job by job; the same one again in the same state of affairs."""

import random

# EVOLVE-BLOCK-START


def choose(kind, state):
    return random.Random(f"{state.t} {kind.left} {kind.time}").random()


# EVOLVE-BLOCK-END

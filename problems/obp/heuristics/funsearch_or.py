"""FunSearch's rule for the OR-Library sets: close fits, else wide ones.

A step function of the capacity that stays free: a very close fit is worth most, a loose
one more than one in between.
"""

# EVOLVE-BLOCK-START
import numpy as np

UP_TO = np.array([2, 3, 5, 7, 9, 12, 15, 21])
WORTH = np.array([4, 3, 2, 1, 0.9, 0.95, 0.97, 0.98, 0.99])


def priority(item, bins):
    return WORTH[np.searchsorted(UP_TO, bins - item)]


# EVOLVE-BLOCK-END

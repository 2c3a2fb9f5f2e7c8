"""FunSearch's rule for Weibull sizes: a polynomial less its left neighbour."""

# EVOLVE-BLOCK-START
import numpy as np


def priority(item, bins):
    missing = bins.max() - bins
    value = missing**2 / item + bins**2 / item**2 + bins**2 / item**3
    value = np.where(bins > item, -value, value)
    return np.diff(value, prepend=0)


# EVOLVE-BLOCK-END

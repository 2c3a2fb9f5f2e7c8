"""Sum of squares: keep the numbers of bins of each free capacity alike and small.

The change of the sum over h of N(h) squared, where N(h) counts the open bins with free
capacity h: a bin leaves one level (an empty bin is in none) and enters another (a full
bin is in none).
"""

# EVOLVE-BLOCK-START


def cost(bin, item, state):
    leaves = 1 - 2 * bin.alike if bin.alike else 0
    enters = 1 + 2 * bin.after_alike if bin.after else 0
    return leaves + enters


# EVOLVE-BLOCK-END

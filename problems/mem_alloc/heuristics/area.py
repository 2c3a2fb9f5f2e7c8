"""Largest product of size and life first."""

# EVOLVE-BLOCK-START


def key(buf, stats):
    return -buf.area


# EVOLVE-BLOCK-END

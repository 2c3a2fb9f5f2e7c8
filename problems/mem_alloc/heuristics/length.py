"""Longest life first."""

# EVOLVE-BLOCK-START


def key(buf, stats):
    return -buf.life


# EVOLVE-BLOCK-END

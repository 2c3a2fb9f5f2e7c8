"""Largest first."""

# EVOLVE-BLOCK-START


def key(buf, stats):
    return -buf.size


# EVOLVE-BLOCK-END

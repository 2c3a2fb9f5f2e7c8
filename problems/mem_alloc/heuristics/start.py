"""Earliest first, the larger one of those that begin together."""

# EVOLVE-BLOCK-START


def key(buf, stats):
    return buf.lower - buf.size / (stats.size_max + 1)


# EVOLVE-BLOCK-END

"""First what lives through the fullest moment, larger ones before smaller ones."""

# EVOLVE-BLOCK-START


def key(buf, stats):
    return -buf.load - buf.size / (stats.size_max + 1)


# EVOLVE-BLOCK-END

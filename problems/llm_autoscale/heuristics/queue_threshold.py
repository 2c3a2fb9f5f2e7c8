"""One more if calls queue, one less if hardly any are there."""

# EVOLVE-BLOCK-START
LONG = 2.0
SHORT = 0.5


def target(stats):
    """Compare the calls in flight per replica with two thresholds."""
    there = stats.replicas + stats.booting
    each = stats.in_flight / there
    return there + (each > LONG) - (each < SHORT)


# EVOLVE-BLOCK-END

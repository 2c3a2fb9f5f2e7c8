"""One more if calls queue, one less if hardly any are there."""


# EVOLVE-BLOCK-START
def target(stats):
    """Compare the calls in flight per replica with two thresholds."""
    there = stats.replicas + stats.booting
    if stats.in_flight > 2 * there:
        return there + 1
    if stats.in_flight < 0.5 * there:
        return there - 1
    return there


# EVOLVE-BLOCK-END

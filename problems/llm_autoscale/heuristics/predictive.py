"""Predict the rate of tokens, and shrink only if that is worth it."""

# EVOLVE-BLOCK-START
BUSY = 0.6
SLACK = 1.0


def target(stats):
    """Cover the mean load, with hysteresis on the way down."""
    need = stats.load_fast / BUSY + stats.backlog / (stats.boot + stats.tick)
    there = stats.replicas + stats.booting
    return min(there, need + SLACK) if need < there else need


# EVOLVE-BLOCK-END

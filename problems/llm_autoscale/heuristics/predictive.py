"""Predict the rate of tokens, and shrink only if that is worth it."""


# EVOLVE-BLOCK-START
def target(stats):
    """Keep replicas busy for 0.6 of the time, with hysteresis on the way down."""
    need = stats.load_fast / 0.6 + stats.backlog / (stats.boot + stats.tick)
    there = stats.replicas + stats.booting
    return min(there, need + 1) if need < there else need


# EVOLVE-BLOCK-END

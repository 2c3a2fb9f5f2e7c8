"""Keep the share of the KV memory in use near a target, as HPA does with its metric."""


# EVOLVE-BLOCK-START
def target(stats):
    """Scale in proportion; a tenth off the target of 0.15 changes nothing."""
    ratio = stats.wanted / 0.15
    if abs(ratio - 1) <= 0.1:
        return stats.replicas + stats.booting
    return stats.replicas * ratio


# EVOLVE-BLOCK-END

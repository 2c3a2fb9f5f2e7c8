"""As many replicas as there can be, all the time."""


# EVOLVE-BLOCK-START
def target(stats):
    """Never change."""
    return stats.most


# EVOLVE-BLOCK-END

"""First fit, over all bins with room."""

# EVOLVE-BLOCK-START


def priority(item, bins):
    return [0] * len(bins)


# EVOLVE-BLOCK-END

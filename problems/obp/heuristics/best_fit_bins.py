"""Best fit, over all bins with room."""

# EVOLVE-BLOCK-START


def priority(item, bins):
    return item - bins


# EVOLVE-BLOCK-END

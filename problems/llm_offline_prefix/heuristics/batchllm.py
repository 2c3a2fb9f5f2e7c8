"""Group by prefix, groups with the largest share of decoding first."""


# EVOLVE-BLOCK-START
def priority(request, tree, state):
    """Sort groups by their ratio; depth first inside."""
    return tree.place - 1e6 * tree.ratio


# EVOLVE-BLOCK-END

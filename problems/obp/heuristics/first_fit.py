"""First fit: the bin opened first."""

# EVOLVE-BLOCK-START


def cost(bin, item, state):
    return bin.order


# EVOLVE-BLOCK-END

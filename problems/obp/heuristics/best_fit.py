"""Best fit: the fullest bin with room."""

# EVOLVE-BLOCK-START


def cost(bin, item, state):
    return bin.after


# EVOLVE-BLOCK-END

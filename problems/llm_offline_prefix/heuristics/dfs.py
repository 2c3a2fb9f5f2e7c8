"""Depth first through the prefix tree."""


# EVOLVE-BLOCK-START
def priority(request, tree, state):
    """Keep together what begins alike."""
    return tree.place


# EVOLVE-BLOCK-END

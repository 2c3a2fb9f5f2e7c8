"""Longest output first, whatever is shared."""


# EVOLVE-BLOCK-START
def priority(request, tree, state):
    """Let what takes longest begin first."""
    return -request.output


# EVOLVE-BLOCK-END

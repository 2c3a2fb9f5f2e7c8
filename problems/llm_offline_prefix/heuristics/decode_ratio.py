"""The largest share of decoding first, whatever is shared."""


# EVOLVE-BLOCK-START
def priority(request, tree, state):
    """Put requests with long outputs behind short prompts of their own in front."""
    return -request.output / request.own


# EVOLVE-BLOCK-END

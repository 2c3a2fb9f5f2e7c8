"""First come, first served."""


# EVOLVE-BLOCK-START
def priority(request, tree, state):
    """Keep the order in which the requests came."""
    return request.id


# EVOLVE-BLOCK-END

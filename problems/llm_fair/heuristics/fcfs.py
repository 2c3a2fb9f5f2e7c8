"""First come, first served."""

# EVOLVE-BLOCK-START


def priority(request, client, state):
    return -request.wait


# EVOLVE-BLOCK-END

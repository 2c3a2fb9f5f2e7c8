"""Longest prefix match first; first come, first served where more than 128 wait."""

# EVOLVE-BLOCK-START


def priority(request, client, state):
    return -request.wait if state.queue > 128 else -request.match


# EVOLVE-BLOCK-END

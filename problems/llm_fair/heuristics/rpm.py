"""Limit of requests a minute: those above it come after all others."""

# EVOLVE-BLOCK-START


def priority(request, client, state):
    return 10000 * (client.minute >= 20) - request.wait


# EVOLVE-BLOCK-END

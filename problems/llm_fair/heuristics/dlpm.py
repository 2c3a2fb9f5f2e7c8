"""DLPM: longest prefix match among the clients that have some of a quantum left."""

# EVOLVE-BLOCK-START


def priority(request, client, state):
    return 1000000 * (client.deficit <= 0) - request.match


# EVOLVE-BLOCK-END

"""Least counter first: the client that got least service ever."""

# EVOLVE-BLOCK-START


def priority(request, client, state):
    return client.served


# EVOLVE-BLOCK-END

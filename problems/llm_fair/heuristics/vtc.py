"""Virtual token counter: least service, lifted when a client comes back."""

# EVOLVE-BLOCK-START


def priority(request, client, state):
    return client.counter


# EVOLVE-BLOCK-END

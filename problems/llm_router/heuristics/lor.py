"""Fewest waiting: each request at once to the replica where the fewest wait."""

# EVOLVE-BLOCK-START


def match(request, replica, state):
    return replica.waiting - 1000.0


# EVOLVE-BLOCK-END

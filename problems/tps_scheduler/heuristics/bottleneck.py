"""Longest chain first, and busy servers first: whichever bounds the rest."""

# EVOLVE-BLOCK-START


def priority(call, state):
    return -max(call.tail, call.load)


# EVOLVE-BLOCK-END

"""Shortest job first, by prompt and predicted output."""

# EVOLVE-BLOCK-START


def priority(call, state):
    return -1.0 / (call.left + 0.1 * call.tokens)


# EVOLVE-BLOCK-END

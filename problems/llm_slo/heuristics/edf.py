"""Earliest due date first."""

# EVOLVE-BLOCK-START


def priority(call, state):
    return call.due - 10000.0


# EVOLVE-BLOCK-END

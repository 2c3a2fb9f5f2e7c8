"""Attained service on the longest chain of calls: least first."""

# EVOLVE-BLOCK-START


def priority(call, program, state):
    return call.path


# EVOLVE-BLOCK-END

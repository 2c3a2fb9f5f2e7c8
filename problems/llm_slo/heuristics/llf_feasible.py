"""Least laxity first among calls that can meet their targets, then the others."""

# EVOLVE-BLOCK-START


def priority(call, state):
    return call.slack - (10000.0 if call.slack >= 0 else 1000.0)


# EVOLVE-BLOCK-END

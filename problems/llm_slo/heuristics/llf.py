"""Least laxity first: time to the target less what the call takes until then."""

# EVOLVE-BLOCK-START


def priority(call, state):
    return call.slack - 10000.0


# EVOLVE-BLOCK-END

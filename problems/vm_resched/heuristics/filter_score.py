"""The VM that leaves the fewest fragments, to the place where it makes the fewest."""

# EVOLVE-BLOCK-START


def two_stage(vm, side, state):
    return side.after - side.rest


# EVOLVE-BLOCK-END

"""The VM that leaves the fewest fragments, to the place with the least room left."""

# EVOLVE-BLOCK-START


def two_stage(vm, side, state):
    return side.after - side.rest if state.leaving else side.free


# EVOLVE-BLOCK-END

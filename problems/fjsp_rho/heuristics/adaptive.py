"""Larger after a plan that was proved best, smaller after one that was not."""

# EVOLVE-BLOCK-START


def next_window(state):
    if state.window == 0:
        return 5 * state.m, 3 * state.m
    size = state.size + state.m if state.proved else state.size - state.m
    return max(3 * state.m, size), 3 * state.m


# EVOLVE-BLOCK-END

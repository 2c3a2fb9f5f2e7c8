"""What is critical, or nearly so by chance."""

# EVOLVE-BLOCK-START


def free(op, state):
    return op.slack + op.luck * state.p_mean


# EVOLVE-BLOCK-END

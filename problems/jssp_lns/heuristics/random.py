"""Any operations."""

# EVOLVE-BLOCK-START


def free(op, state):
    return op.luck


# EVOLVE-BLOCK-END

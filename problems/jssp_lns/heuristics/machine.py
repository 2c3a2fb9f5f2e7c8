"""All operations of some machines."""

# EVOLVE-BLOCK-START


def free(op, state):
    return op.machine_luck


# EVOLVE-BLOCK-END

"""Fix what two plans in a row put on the same machine."""

# EVOLVE-BLOCK-START


def fix(op, state):
    return op.kept - 1.5


# EVOLVE-BLOCK-END

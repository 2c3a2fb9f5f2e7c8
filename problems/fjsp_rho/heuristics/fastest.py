"""Fix what is planned on its fastest machine."""

# EVOLVE-BLOCK-START


def fix(op, state):
    return 1.0 - (op.p - op.p_min)


# EVOLVE-BLOCK-END

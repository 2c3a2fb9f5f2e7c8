"""What is planned keeps its machine."""

# EVOLVE-BLOCK-START


def fix(op, state):
    return 1.0


# EVOLVE-BLOCK-END

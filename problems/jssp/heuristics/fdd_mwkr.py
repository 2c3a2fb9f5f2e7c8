"""Smallest ratio of flow due date to work remaining first."""

# EVOLVE-BLOCK-START


def priority(op, state):
    return (op.done + op.p) / max(1, op.rest)


# EVOLVE-BLOCK-END

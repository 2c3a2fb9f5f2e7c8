"""Program-level attained service: least time of complete calls first."""

# EVOLVE-BLOCK-START


def priority(call, program, state):
    return program.served


# EVOLVE-BLOCK-END

"""Every prefix is kept for two seconds."""

# EVOLVE-BLOCK-START


def ttl(call, program, engine, state):
    return 2.0


# EVOLVE-BLOCK-END

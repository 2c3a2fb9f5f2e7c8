"""No pin: a prefix stays as long as nobody wants its memory."""

# EVOLVE-BLOCK-START


def ttl(call, program, engine, state):
    return 0.0


# EVOLVE-BLOCK-END

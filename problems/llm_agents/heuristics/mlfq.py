"""Levels of attained service of the call: each twice as long as the one before."""

# EVOLVE-BLOCK-START


def priority(call, program, state):
    level, quantum = 0, 1.0
    while program.served >= quantum and level < 8:
        level, quantum = level + 1, 2.0 * quantum
    if call.wait > 60.0:
        level = 0
    return 1e6 * level - call.wait


# EVOLVE-BLOCK-END

"""Attained service on the longest chain of calls: by levels, the lowest first."""

# EVOLVE-BLOCK-START


def priority(call, program, state):
    level, quantum = 0, 2.0
    while call.path >= quantum and level < 8:
        level, quantum = level + 1, 2.0 * quantum
    if call.wait >= 2.0 * max(call.path, quantum):
        level = 0
    return 1e6 * level - call.wait


# EVOLVE-BLOCK-END

"""Skip-join feedback queues: by the level of the prompt, promoted after a wait."""

# EVOLVE-BLOCK-START


def admit(call, state):
    level, quantum = 0, 256
    while quantum < call.tokens:
        level, quantum = level + 1, 2 * quantum
    if call.wait > 20.0:
        level = 0
    return level - 100.0 - call.wait / (1.0 + call.wait)


# EVOLVE-BLOCK-END

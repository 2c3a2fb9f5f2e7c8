"""Earliest due date first; those whose target is over are last."""

# EVOLVE-BLOCK-START


def pick(waiting, running, state):
    return min(waiting, key=lambda call: (call.slack < 0, call.due)).id


# EVOLVE-BLOCK-END

"""Weights 3:2:2: the known share of the prompt, the queue, and the free memory."""

# EVOLVE-BLOCK-START


def cost(request, replica, state):
    spread = state.waiting_most - state.waiting_least
    queue = (state.waiting_most - replica.waiting) / spread if spread else 1.0
    prefix = replica.match / request.prompt
    return -(3 * prefix + 2 * queue + 2 * (1 - replica.used))


# EVOLVE-BLOCK-END

"""Weights 1:1: the known share of the prompt, and the queue relative to the others."""

# EVOLVE-BLOCK-START


def cost(request, replica, state):
    spread = state.waiting_most - state.waiting_least
    queue = (state.waiting_most - replica.waiting) / spread if spread else 1.0
    return -(replica.match / request.prompt + queue)


# EVOLVE-BLOCK-END

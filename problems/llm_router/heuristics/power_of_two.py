"""Power of two choices: of two random replicas, the one with the fewest in flight."""

import random

# EVOLVE-BLOCK-START


def route(queue, replicas, state):
    pairs = []
    extra = dict.fromkeys(range(len(replicas)), 0)
    for request in queue:
        two = random.sample(range(len(replicas)), min(2, len(replicas)))
        best = min(two, key=lambda i: replicas[i].in_flight + extra[i])
        extra[best] += 1
        pairs.append((request.id, replicas[best].number))
    return pairs


# EVOLVE-BLOCK-END

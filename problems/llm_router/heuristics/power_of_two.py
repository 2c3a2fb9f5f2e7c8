"""Power of two choices: of two replicas by hash, the one with the fewest in flight."""

# EVOLVE-BLOCK-START


def route(queue, replicas, state):
    pairs = []
    extra = dict.fromkeys(range(len(replicas)), 0)
    for request in queue:
        mixed = request.id * 2654435761 % 4294967296
        mixed = (mixed ^ (mixed >> 15)) * 2246822519 % 4294967296
        first, step = mixed % len(replicas), 1 + (mixed >> 16) % max(1, len(replicas) - 1)
        two = (first, (first + step) % len(replicas))
        best = min(two, key=lambda i: replicas[i].in_flight + extra[i])
        extra[best] += 1
        pairs.append((request.id, replicas[best].number))
    return pairs


# EVOLVE-BLOCK-END

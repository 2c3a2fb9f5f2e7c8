"""Shortest prompt first, without a look at memory: held while all have a queue."""

# EVOLVE-BLOCK-START


def route(queue, replicas, state):
    waiting = [replica.waiting for replica in replicas]
    flight = [replica.in_flight for replica in replicas]
    pairs = []
    for request in sorted(queue, key=lambda one: (one.prompt, -one.wait, one.id)):
        free = [i for i in range(len(replicas)) if not waiting[i]]
        if not free:
            break
        best = min(free, key=lambda i: flight[i])
        waiting[best] += 1
        flight[best] += 1
        pairs.append((request.id, replicas[best].number))
    return pairs


# EVOLVE-BLOCK-END

"""Head-room admission, first come, first served: held until memory is sure to do."""

from math import ceil, floor

# EVOLVE-BLOCK-START


def route(queue, replicas, state):
    factor, margin = 1.6, 0.03
    waiting = [replica.waiting_prompt for replica in replicas]
    flight = [replica.in_flight for replica in replicas]
    pairs = []
    for request in queue:
        need = ceil(factor * request.prompt / 16)
        best, least = None, None
        for i, replica in enumerate(replicas):
            taken = replica.used + ceil(factor * waiting[i] / 16)
            if replica.blocks - taken - need < floor(margin * replica.blocks):
                continue
            if least is None or (taken, flight[i]) < least:
                best, least = i, (taken, flight[i])
        if best is None:
            break
        waiting[best] += request.prompt
        flight[best] += 1
        pairs.append((request.id, replicas[best].number))
    return pairs


# EVOLVE-BLOCK-END

"""The router that FunSearch found: least cost of memory, backlog and queue."""

# EVOLVE-BLOCK-START


def route(queue, replicas, state):
    backlog = [replica.waiting_prompt + replica.prefill for replica in replicas]
    queued = [replica.waiting for replica in replicas]
    planned = [replica.used + replica.waiting_blocks for replica in replicas]

    def blocks(request):
        return (request.prompt + request.expected) / 16

    pairs = []
    for request in sorted(queue, key=blocks):
        best, least = None, None
        for i, replica in enumerate(replicas):
            total = replica.blocks
            util = (planned[i] + blocks(request)) / total
            if util > 1.03:
                continue
            average = 1 + sum(queued) / len(replicas)
            deficit = max(0.0, planned[i] + blocks(request) - total)
            cost = 0.55 * util**2
            cost += 0.25 * backlog[i] / (16 * total)
            cost += 0.10 * queued[i] / average
            cost += 0.10 * deficit / total
            if util > 1:
                cost += 12 * (util - 1) ** 2
            if least is None or cost < least:
                best, least = i, cost
        if best is None:
            continue
        backlog[best] += request.prompt
        queued[best] += 1
        planned[best] += blocks(request)
        pairs.append((request.id, replicas[best].number))
    return pairs


# EVOLVE-BLOCK-END

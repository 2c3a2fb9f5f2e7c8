"""Driver of the tiny problem: runs in the sandbox, imports nothing."""


def decode(payload):
    return list(payload["p"])


def run(entry_point, heuristic, instance, seed):
    if entry_point == "raw":
        return heuristic(instance, seed)
    order, left, time = [], list(range(len(instance))), 0
    while left:
        job = min(left, key=lambda j: (heuristic(instance[j], time), j))
        order.append(job)
        left.remove(job)
        time += instance[job]
    return order

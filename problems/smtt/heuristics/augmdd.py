"""MDD with a repair: after each job the best single move to the end, if it helps."""

# EVOLVE-BLOCK-START


def sequence(p, d, w):
    waiting = list(range(len(p)))
    order = []
    t = 0
    while waiting:
        due = [max(t + p[job], d[job]) for job in waiting]
        chosen = waiting.pop(due.index(min(due)))
        t += p[chosen]
        order = with_best_move([*order, chosen], p, d)
    return order


def with_best_move(order, p, d):
    """Move one job to the end if that lowers the total tardiness."""
    end = completion = sum(p[job] for job in order)
    late = []  # tardiness of the late jobs behind the one looked at
    best_saving = 0
    best = None
    for i in range(len(order) - 1, -1, -1):
        job = order[i]
        tardiness = max(0, completion - d[job])
        cost = max(0, end - d[job]) - tardiness
        if p[job] * len(late) - cost > best_saving:
            saving = sum(min(much, p[job]) for much in late) - cost
            if saving > best_saving:
                best_saving, best = saving, i
        if tardiness:
            late.append(tardiness)
        completion -= p[job]
    if best is None:
        return order
    return [*order[:best], *order[best + 1 :], order[best]]


# EVOLVE-BLOCK-END

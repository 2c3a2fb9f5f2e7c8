"""Panwalkar, Smith and Koulamas: scan the SPT list for a job that has to go first."""

# EVOLVE-BLOCK-START


def sequence(p, d, w):
    waiting = sorted(range(len(p)), key=lambda job: (p[job], d[job]))
    order = []
    t = 0
    while waiting:
        active = 0
        later = 1
        while later < len(waiting):
            job = waiting[active]
            other = waiting[later]
            if t + p[job] >= d[job] or d[job] <= t + p[other]:
                break
            if d[other] < d[job]:
                active = later
            later += 1
        chosen = waiting.pop(active)
        order.append(chosen)
        t += p[chosen]
    return order


# EVOLVE-BLOCK-END

"""EDD Challenger: from SPT, let earlier due dates pass jobs that can wait."""

# EVOLVE-BLOCK-START


def sequence(p, d, w):
    order = sorted(range(len(p)), key=lambda job: (p[job], d[job]))
    for i in range(1, len(order)):
        j = i
        while j > 0 and d[order[j]] < d[order[j - 1]]:
            if d[order[j - 1]] > sum(p[job] for job in order[:j]):
                order[j - 1], order[j] = order[j], order[j - 1]
            j -= 1
    return order


# EVOLVE-BLOCK-END

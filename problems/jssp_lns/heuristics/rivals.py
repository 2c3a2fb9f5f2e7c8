"""Critical operations with those that stand next to them on their machines."""

# EVOLVE-BLOCK-START


def select_neighbourhood(schedule, rng):
    ops = sorted((op for job in schedule.jobs for op in job), key=lambda op: op.start)
    critical = [op for op in ops if op.slack == 0]
    rng.shuffle(critical)
    chosen = []
    for op in critical:
        line = [other for other in ops if other.machine == op.machine]
        at = line.index(op)
        chosen += [(x.job, x.k) for x in line[max(0, at - 2) : at + 3]]
    return chosen


# EVOLVE-BLOCK-END

"""Any operations, drawn at once."""

# EVOLVE-BLOCK-START


def select_neighbourhood(schedule, rng):
    ops = [op for job in schedule.jobs for op in job]
    return [(op.job, op.k) for op in rng.sample(ops, schedule.state.most)]


# EVOLVE-BLOCK-END

"""The order of HEFT, cut into parts of the largest size."""

# EVOLVE-BLOCK-START


def split(dag, max_size):
    order = sorted(range(dag.stats.n), key=lambda i: -dag.tasks[i].up)
    return [order[at : at + max_size] for at in range(0, len(order), max_size)]


# EVOLVE-BLOCK-END

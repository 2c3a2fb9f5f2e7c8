"""The order of HEFT, cut into parts of the largest size."""


def cut(dag, rank, max_size):
    ranks = [rank(task) for task in dag.tasks]
    order, waiting = [], list(dag.order)
    while waiting:
        ready = [i for i in waiting if all(j in order for j, _ in dag.parents[i])]
        order.append(min(ready, key=lambda i: (ranks[i], i)))
        waiting.remove(order[-1])
    return [order[at : at + max_size] for at in range(0, len(order), max_size)]


# EVOLVE-BLOCK-START


def split(dag, max_size):
    def rank(task):
        return -max(task.up, task.level, task.mean)

    return cut(dag, rank, max_size)


# EVOLVE-BLOCK-END

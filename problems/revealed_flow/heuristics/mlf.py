"""Lowest level of service so far first, first come first within a level."""

# EVOLVE-BLOCK-START


def priority(job, state):
    level = 0
    allotment = state.quantum
    while job.elapsed >= allotment:
        level += 1
        allotment *= 2
    return level + job.arrival / (state.t + 1)


# EVOLVE-BLOCK-END

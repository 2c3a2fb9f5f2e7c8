"""HPA with its window: never below what was asked for in the last two minutes."""

# EVOLVE-BLOCK-START
import math

FLIGHT = 2.5
WINDOW = 8


def replicas(stats, there, past):
    """Scale with the calls in flight; the window keeps the largest of the past."""
    most = max(tick.in_flight for tick in past[-WINDOW:])
    return max(1, min(stats.most, math.ceil(most / FLIGHT)))


# EVOLVE-BLOCK-END

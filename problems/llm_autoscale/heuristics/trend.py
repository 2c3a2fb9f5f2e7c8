"""Follow the line through the loads of the last ticks to where a boot would end."""

# EVOLVE-BLOCK-START
import math

TICKS = 20
BUSY = 0.5


def replicas(stats, there, past):
    """Fit a line by least squares, and cover its end and the backlog."""
    rows = past[-TICKS:]
    n = len(rows)
    centre = (n - 1) / 2
    mean = math.fsum(row.load for row in rows) / n
    spread = math.fsum((k - centre) ** 2 for k in range(n)) or 1.0
    slope = math.fsum((k - centre) * row.load for k, row in enumerate(rows)) / spread
    ahead = mean + slope * (centre + stats.boot / stats.tick)
    need = max(ahead, 0) / BUSY + stats.backlog / (stats.boot + stats.tick)
    return max(1, min(stats.most, math.ceil(need)))


# EVOLVE-BLOCK-END

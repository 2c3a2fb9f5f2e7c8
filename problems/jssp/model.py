"""What a job shop instance is."""

from dataclasses import dataclass

from problems.base import Json

Rows = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JsspInstance:
    """All jobs are available at time 0 and visit every machine once.

    Attributes
    ----------
    id
        Says how the instance was generated: ``j20x15-s2003``, or ``ta01``.
    group
        Jobs x machines and structure: ``20x15``, ``sets20x15``.
    machines, times
        Machine (from 0) and processing time of each operation, in the order in which
        the job needs them; each ``(n, m)``, times in the unit of the instance.
    """

    id: str
    group: str
    machines: Rows
    times: Rows

    @property
    def n(self) -> int:
        """Number of jobs."""
        return len(self.times)

    @property
    def m(self) -> int:
        """Number of machines, and of operations of each job."""
        return len(self.times[0])


def trivial_bound(instance: JsspInstance) -> int:
    """Longest job or machine load: no schedule is shorter."""
    loads = [0] * instance.m
    for machines, times in zip(instance.machines, instance.times, strict=True):
        for machine, time in zip(machines, times, strict=True):
            loads[machine] += time
    return max(*loads, *map(sum, instance.times))


def encode(instance: JsspInstance) -> Json:
    """Give the driver what a heuristic may know: neither the name nor the split."""
    return {
        "machines": [list(row) for row in instance.machines],
        "times": [list(row) for row in instance.times],
    }

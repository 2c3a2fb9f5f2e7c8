"""What a flexible job shop instance is."""

from collections.abc import Mapping
from dataclasses import dataclass

from problems.base import Json

Choice = tuple[int, int]
"""A machine that can do an operation, and its processing time there."""

Job = tuple[tuple[Choice, ...], ...]
"""The choices of each operation, in the order in which the job needs them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FjspInstance:
    """All jobs are available at time 0; operations may choose their machine.

    Attributes
    ----------
    id
        Says how the instance was generated: ``mix20x5-s2003``, or its file.
    group
        Kind, jobs and machines: ``mix20x5``, ``alike20x5``.
    m
        Number of machines.
    jobs
        Choices by job and operation: machines from 0, ascending or as in the file,
        and times in the unit of the instance.
    """

    id: str
    group: str
    m: int
    jobs: tuple[Job, ...]

    @property
    def n(self) -> int:
        """Number of jobs."""
        return len(self.jobs)

    @property
    def operations(self) -> int:
        """Number of operations of all jobs."""
        return sum(map(len, self.jobs))


def horizon(instance: FjspInstance) -> int:
    """Sum of the longest times: no sensible schedule is longer."""
    return sum(max(p for _, p in op) for job in instance.jobs for op in job)


def trivial_bound(instance: FjspInstance) -> int:
    """Longest job, mean load and forced loads, at shortest times: a lower bound."""
    forced = [0] * instance.m
    work, longest = 0, 0
    for job in instance.jobs:
        shortest = [min(p for _, p in op) for op in job]
        longest = max(longest, sum(shortest))
        work += sum(shortest)
        for op in job:
            if len({machine for machine, _ in op}) == 1:
                forced[op[0][0]] += min(p for _, p in op)
    return max(longest, -(-work // instance.m), *forced)


def describe(instance: FjspInstance) -> Mapping[str, float]:
    """Numbers of the instance for prompts: sizes, and machines per operation."""
    choices = sum(len(op) for job in instance.jobs for op in job)
    return {
        "jobs": instance.n,
        "machines": instance.m,
        "operations": instance.operations,
        "choices": choices / instance.operations,
    }


def encode(instance: FjspInstance) -> Json:
    """Give the driver what a heuristic may know: neither the name nor the split."""
    return {
        "m": instance.m,
        "jobs": [[[list(pair) for pair in op] for op in job] for job in instance.jobs],
    }

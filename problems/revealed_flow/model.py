"""What an instance with gradually revealed jobs is."""

from collections.abc import Mapping
from dataclasses import dataclass

from problems.base import Json

Stage = tuple[float, tuple[int, ...]]
"""Chance that a job ends with this operation, and its sizes, all equally likely."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job: when it arrives, and the sizes of its operations in order, positive."""

    release: int
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowInstance:
    """Jobs for one machine; times in the unit of the instance.

    Attributes
    ----------
    id
        Says how the instance was generated: ``tests40-s2003``.
    group
        Family and number of jobs: ``tests40``.
    law
        What jobs are drawn from, a stage for each operation; jobs have at most as many
        operations. The last stage ends every job.
    quantum
        Longest time between two decisions.
    jobs
        In order of arrival.
    """

    id: str
    group: str
    law: tuple[Stage, ...]
    quantum: int
    jobs: tuple[Job, ...]

    @property
    def n(self) -> int:
        """Number of jobs."""
        return len(self.jobs)


def describe(instance: FlowInstance) -> Mapping[str, float]:
    """Numbers of the instance for prompts that could be known beforehand."""
    return {"jobs": instance.n, "operations": len(instance.law)}


def encode(instance: FlowInstance) -> Json:
    """Give the driver the data of the instance: neither the name nor the split.

    The driver holds the jobs to simulate their arrival, and shows a heuristic nothing
    that is still to come; claims are judged in lockstep, without these data.
    """
    return {
        "law": [[ends, list(sizes)] for ends, sizes in instance.law],
        "quantum": instance.quantum,
        "jobs": [[job.release, list(job.sizes)] for job in instance.jobs],
    }

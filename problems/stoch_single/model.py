"""What an instance of learning on a single machine is."""

from collections.abc import Mapping
from dataclasses import dataclass

from problems.base import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class StochInstance:
    """Jobs of a few types on one machine, with the durations that they will have.

    Attributes
    ----------
    id
        Says how the instance was generated: ``far3-s2003``.
    group
        Kind and number of types: ``near3``, ``far3``.
    means
        Mean duration of a job of each type, ``(K,)``, in ticks; unknown to heuristics.
    durations
        Of each job, by type, in the order in which jobs of a type are done, in ticks;
        drawn from the geometric law with the mean of the type, the exponential law in
        whole ticks.
    """

    id: str
    group: str
    means: tuple[int, ...]
    durations: tuple[tuple[int, ...], ...]

    @property
    def n(self) -> int:
        """Number of jobs."""
        return sum(map(len, self.durations))


def describe(instance: StochInstance) -> Mapping[str, float]:
    """Numbers of the instance for prompts: types and jobs."""
    return {"types": len(instance.means), "jobs": instance.n}


def encode(instance: StochInstance) -> Json:
    """Give the driver the durations; the means stay on the trusted side."""
    return {"durations": [list(row) for row in instance.durations]}

"""What a task with tool calls under limits is."""

from collections.abc import Mapping
from dataclasses import dataclass

from problems.base import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server with its limits.

    Attributes
    ----------
    slots
        Calls that it answers at the same time.
    gap
        Least time between the beginnings of two calls, milliseconds.
    fails
        How many of 1000 calls fail.
    """

    name: str
    slots: int
    gap: int
    fails: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that a task needs.

    Attributes
    ----------
    server
        By its position.
    mean
        Expected latency of an attempt, milliseconds.
    sigma
        Spread of the latency: standard deviation of its logarithm.
    deps
        Calls whose results it needs, by position.
    attempts
        Latency of each attempt, milliseconds; all but the last one fail.
    """

    server: int
    mean: int
    sigma: float
    deps: tuple[int, ...]
    attempts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolInstance:
    """The calls of a task, and what limits them.

    Attributes
    ----------
    id
        Says how the instance was generated: ``narrow-w2-k17``.
    group
        Family of limits: ``narrow``.
    cap
        Calls that the agent may have under way at the same time.
    calls
        Each comes after those that it depends on.
    """

    id: str
    group: str
    cap: int
    servers: tuple[Server, ...]
    calls: tuple[Call, ...]

    @property
    def n(self) -> int:
        """Number of calls."""
        return len(self.calls)


def critical_path(instance: ToolInstance) -> int:
    """Time of the longest chain of calls, failed attempts included, milliseconds.

    No schedule is shorter; over the makespan it is the scheduling efficiency.
    """
    ends: list[int] = []
    for call in instance.calls:
        ends.append(max((ends[k] for k in call.deps), default=0) + sum(call.attempts))
    return max(ends)


def describe(instance: ToolInstance) -> Mapping[str, float]:
    """Numbers of the instance for prompts that are known beforehand."""
    return {
        "calls": instance.n,
        "servers": len(instance.servers),
        "cap": instance.cap,
        "slots": sum(server.slots for server in instance.servers),
        "edges": sum(len(call.deps) for call in instance.calls),
    }


def encode(instance: ToolInstance) -> Json:
    """Give the driver the data of the instance: neither the name nor the split.

    The driver holds the latencies to simulate the calls, and shows a heuristic none
    that is still to come; claims are judged in lockstep, without these data.
    """
    return {
        "cap": instance.cap,
        "servers": [[one.slots, one.gap, one.fails] for one in instance.servers],
        "calls": [
            [one.server, one.mean, one.sigma, list(one.deps), list(one.attempts)]
            for one in instance.calls
        ],
    }

"""What a cluster is asked to do, and what became of it. Plain Python."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call of the model.

    Attributes
    ----------
    arrival
        Seconds; of a call with parents, that of its program.
    prompt, output
        Tokens; at least 1 each. A policy must not see ``output``.
    client
        Who asks, from 0.
    prefix
        Ids of the leading units of the context, prompt and output, as far as they are
        shared by content: equal ids mean equal contexts up to there. The number of
        tokens of a unit is a matter of the engine.
    program
        Number of the program that the call belongs to; -1 if none.
    parents
        Indexes of the calls that must be complete before.
    delay
        Seconds from the end of the last parent to the arrival: time of a tool.
    """

    arrival: float
    prompt: int
    output: int
    client: int = 0
    prefix: tuple[int, ...] = ()
    program: int = -1
    parents: tuple[int, ...] = ()
    delay: float = 0.0


class Served(NamedTuple):
    """What became of a request; seconds since the start of the run.

    ``arrival`` is when it came, ``routed`` when an engine got it, ``admitted`` when
    that took it into its batch, ``first`` when its first token came, ``end`` its last
    one. ``restarts`` counts how often it lost its KV memory, ``hit`` how many tokens of
    its prompt the prefix cache held at first.
    """

    arrival: float
    routed: float
    admitted: float
    first: float
    end: float
    replica: int
    restarts: int
    hit: int


class Call:
    """A request on its way through an engine; changed by the engine alone.

    ``done`` tokens are made, ``context`` are to be in the KV memory before the next one
    comes, ``left`` of these are not. While it decodes, ``kv`` were in the memory when
    the counter of the engine's steps was ``since``, and it ends at ``finish``.
    """

    __slots__ = (
        "admitted",
        "arrival",
        "client",
        "context",
        "done",
        "end",
        "finish",
        "first",
        "held",
        "hit",
        "id",
        "kv",
        "left",
        "output",
        "prefix",
        "program",
        "prompt",
        "replica",
        "restarts",
        "routed",
        "since",
    )

    def __init__(self, number: int, request: Request, arrival: float) -> None:
        self.id = number
        self.arrival = arrival
        self.prompt = self.context = self.left = request.prompt
        self.output = request.output
        self.client = request.client
        self.program = request.program
        self.prefix = request.prefix
        self.done = self.restarts = self.held = self.hit = 0
        self.kv = self.since = 0
        self.finish = self.replica = -1
        self.routed = self.admitted = self.first = self.end = -1.0

    def served(self) -> Served:
        """Give what became of it."""
        return Served(
            self.arrival,
            self.routed,
            self.admitted,
            self.first,
            self.end,
            self.replica,
            self.restarts,
            self.hit,
        )

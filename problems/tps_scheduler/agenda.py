"""The calls of a task under way, and what a heuristic may see of them.

The driver in the sandbox and the simulator on the trusted side both step through it;
the verifier does not know it. How long an attempt takes, and whether it fails, shows
only when it ends.

A decision is due whenever a call could be made: its results are there, its server has a
free slot and takes another call already, and fewer calls are under way than the agent
may have. If nothing is under way and only one call could be made, it is made without a
question.
"""

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Any, NamedTuple

from problems.base import Json

WAIT = -1
"""The decision to make no call now."""


class Call(NamedTuple):
    """A call that could be made now; times in milliseconds.

    ``place`` is its position in the task. ``mean`` is the expected latency of an
    attempt, ``sigma`` the spread of its logarithm, ``fails`` the chance of a failure,
    ``failed`` how many attempts have failed, ``waited`` how long it has been ready.
    ``tail`` is the longest expected chain that begins with it, ``children`` counts the
    calls that need its result directly, ``followers`` all that need it. Of its server:
    ``slots`` in all, ``busy`` ones, ``gap`` between beginnings, ``queue`` calls
    that are ready for it, and ``load``, the expected time of all its calls that are
    neither complete nor under way, over its slots.
    """

    place: int
    mean: int
    sigma: float
    fails: float
    failed: int
    waited: int
    tail: float
    children: int
    followers: int
    slots: int
    busy: int
    gap: int
    queue: int
    load: float


class State(NamedTuple):
    """The moment of a decision.

    ``t`` is the time since the task began and ``since`` the time since a call was last
    made, milliseconds. ``n`` calls in all, ``left`` of them not complete, ``running``
    under way, ``cap`` of these at most. ``span`` is the longest expected chain of the
    whole task, ``work`` the expected time of all calls that are neither complete nor
    under way, over ``cap``.
    """

    t: int
    since: int
    n: int
    left: int
    running: int
    cap: int
    span: float
    work: float


class Task(NamedTuple):
    """An instance: servers (slots, gap, fails) and calls as the driver gets them."""

    cap: int
    servers: Sequence[tuple[int, int, int]]
    calls: Sequence[tuple[int, int, float, Sequence[int], Sequence[int]]]


_new = tuple.__new__


class Agenda:
    """A run; ``made`` are the attempts so far: call and start of each."""

    def __init__(self, task: Task) -> None:
        n = len(task.calls)
        self.made: list[list[int]] = []
        self.offered: list[int] = []
        self.running: list[tuple[int, int]] = []
        self.t = 0
        self._task = task
        self._known = _known(task)
        self._failed = [0] * n
        self._missing = [len(deps) for _, _, _, deps, _ in task.calls]
        self._ready = {k: 0 for k in range(n) if not self._missing[k]}
        self._left = n
        self._busy = [0] * len(task.servers)
        self._opens = [0] * len(task.servers)
        self._latest = 0
        self._load = [0.0] * len(task.servers)
        for (server, *_), cost in zip(task.calls, self._known.costs, strict=True):
            self._load[server] += cost
        self._settle()

    def offer(self) -> tuple[list[Call], State]:
        """Give the calls that could be made, by their place, and the moment."""
        calls, servers, t = self._task.calls, self._task.servers, self.t
        queue = [0] * len(servers)
        for k in self._ready:
            queue[calls[k][0]] += 1
        views = []
        for k in self.offered:
            s, mean, sigma, _, _ = calls[k]
            slots, gap, fails = servers[s]
            own = (k, mean, sigma, fails / 1000, self._failed[k], t - self._ready[k])
            limits = (slots, self._busy[s], gap, queue[s], self._load[s] / slots)
            views.append(_new(Call, (*own, *self._known.places[k], *limits)))
        cap = self._task.cap
        counts = (len(calls), self._left, len(self.running), cap)
        work = sum(self._load) / cap
        return views, _new(
            State, (t, t - self._latest, *counts, self._known.span, work)
        )

    def make(self, k: int) -> None:
        """Make a call that is offered, and go on to the next decision."""
        self._start(k)
        self._settle()

    def wait(self) -> None:
        """Make no call until something happens; something must be under way."""
        self._advance()
        self._settle()

    def _settle(self) -> None:
        """Go on to where there is something to decide, or all calls are complete."""
        while self._left:
            self.offered = self._possible()
            if not self.offered:
                self._advance()
            elif not self.running and len(self.offered) == 1:
                self._start(self.offered[0])
            else:
                return
        self.offered = []

    def _possible(self) -> list[int]:
        if len(self.running) == self._task.cap:
            return []
        return [k for k in sorted(self._ready) if self._opening(k) == self.t]

    def _opening(self, k: int) -> int:
        """When the server takes the call at the earliest, -1 if all slots are busy."""
        server = self._task.calls[k][0]
        if self._busy[server] == self._task.servers[server][0]:
            return -1
        return max(self.t, self._opens[server])

    def _start(self, k: int) -> None:
        server, _, _, _, attempts = self._task.calls[k]
        self.made.append([k, self.t])
        heappush(self.running, (self.t + attempts[self._failed[k]], k))
        self._busy[server] += 1
        self._opens[server] = self.t + self._task.servers[server][1]
        self._load[server] -= self._known.costs[k]
        self._latest = self.t
        del self._ready[k]

    def _advance(self) -> None:
        """Go to the next end of a call, or to where a server takes one again."""
        times = [self.running[0][0]] if self.running else []
        if len(self.running) < self._task.cap:
            times += [at for k in self._ready if (at := self._opening(k)) > self.t]
        self.t = min(times)
        while self.running and self.running[0][0] == self.t:
            self._end(heappop(self.running)[1])

    def _end(self, k: int) -> None:
        server, _, _, _, attempts = self._task.calls[k]
        self._busy[server] -= 1
        self._failed[k] += 1
        if self._failed[k] < len(attempts):
            self._ready[k] = self.t
            self._load[server] += self._known.costs[k]
            return
        self._left -= 1
        for child in self._known.children[k]:
            self._missing[child] -= 1
            if not self._missing[child]:
                self._ready[child] = self.t


class _Known(NamedTuple):
    """What follows from a task before it begins.

    ``costs`` are expected times of calls with all their attempts; ``places`` hold tail,
    children and followers of each.
    """

    costs: list[float]
    children: list[list[int]]
    places: list[tuple[float, int, int]]
    span: float


def _known(task: Task) -> _Known:
    n = len(task.calls)
    children: list[list[int]] = [[] for _ in range(n)]
    for k, (_, _, _, deps, _) in enumerate(task.calls):
        for before in deps:
            children[before].append(k)
    costs = [
        mean * 1000 / (1000 - task.servers[server][2])
        for server, mean, _, _, _ in task.calls
    ]
    tails, behind = [0.0] * n, [0] * n
    for k in reversed(range(n)):
        tails[k] = costs[k] + max([tails[j] for j in children[k]], default=0.0)
        for j in children[k]:
            behind[k] |= behind[j] | 1 << j
    places = [(tails[k], len(children[k]), behind[k].bit_count()) for k in range(n)]
    return _Known(costs, children, places, max(tails))


class Desk:
    """One run on the trusted side: it holds the latencies and shows none to come."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self._broken: list[Json] = []
        self._seen: Json = None

    def observe(self) -> Json | None:
        """Show what could be made; None once all calls are complete, or it failed."""
        if self._broken or not self._agenda.offered:
            return None
        if self._seen is None:
            views, state = self._agenda.offer()
            self._seen = {"calls": [list(one) for one in views], "state": list(state)}
        return self._seen

    def act(self, decision: Json) -> None:
        """Make the call ``decision``, or ``WAIT``; anything else ends the run."""
        if self.observe() is None:
            return
        self._seen = None
        if type(decision) is int and decision in self._agenda.offered:
            self._agenda.make(decision)
        elif type(decision) is int and decision == WAIT and self._agenda.running:
            self._agenda.wait()
        else:
            self._broken = [decision]

    def trace(self) -> Json:
        """Return the attempts so far, and behind them what broke the run."""
        made: list[Any] = [list(one) for one in self._agenda.made]
        return made + self._broken

"""The simulator: an incumbent that is improved round by round, on the trusted side.

The incumbent begins as the non-delay schedule of the best dispatching rule of ``jssp``.
Each round a heuristic frees some operations and CP-SAT looks for a shorter schedule
that keeps the order of all others. Solver time is counted in CP-SAT's deterministic
units, so that a run repeats itself; an instance has so much of it, and so many rounds.
"""

from collections.abc import Sequence
from importlib import import_module
from random import Random

from problems.base import Json
from problems.jssp import simulate as dispatching
from problems.jssp.model import JsspInstance, encode, trivial_bound
from problems.jssp_lns.cpsat import Starts, improve, makespan
from problems.jssp_lns.views import Op, State
from problems.refusals import refused

RULE = "mwkr_half_p"

ROUNDS = 12

SHARE = 4
"""Of so many operations one is freed in a round."""

UNITS_PER_OPERATION = 0.0003
"""Deterministic time that an instance has, for each of its operations."""

LONGEST = 6
"""A round takes at most this part of it."""

LEAST = 0.0001
"""Deterministic time with which CP-SAT can do anything; with less the run is over."""


def shop(payload: Json) -> JsspInstance:
    """Read an encoded instance back."""
    return JsspInstance(
        id="",
        group="",
        machines=tuple(map(tuple, payload["machines"])),
        times=tuple(map(tuple, payload["times"])),
    )


def dispatched(instance: JsspInstance) -> Starts:
    """Give the schedule that a run begins with."""
    rule = import_module(f"problems.jssp.heuristics.{RULE}")
    read = dispatching.decode(encode(instance))
    starts = dispatching.run("priority", rule.priority, read, seed=0)
    return tuple(map(tuple, starts))


def settled(instance: JsspInstance, starts: Starts) -> Starts:
    """Start everything as early as the order of a schedule allows."""
    ready, free = [0] * instance.n, [0] * instance.m
    found = [[0] * instance.m for _ in range(instance.n)]
    for _, j, k in _in_order(starts):
        machine = instance.machines[j][k]
        start = max(ready[j], free[machine])
        found[j][k] = start
        ready[j] = free[machine] = start + instance.times[j][k]
    return tuple(map(tuple, found))


def slacks(instance: JsspInstance, starts: Starts) -> list[list[int]]:
    """How much later each operation could start, with the same order and makespan."""
    end = makespan(instance, starts)
    due, busy = [end] * instance.n, [end] * instance.m
    found = [[0] * instance.m for _ in range(instance.n)]
    for start, j, k in reversed(_in_order(starts)):
        machine = instance.machines[j][k]
        latest = min(due[j], busy[machine]) - instance.times[j][k]
        found[j][k] = latest - start
        due[j] = busy[machine] = latest
    return found


class Desk:
    """One run on the trusted side: it shows the incumbent and asks what to free."""

    def __init__(self, instance: JsspInstance) -> None:
        self._instance = instance
        self._starts = settled(instance, dispatched(instance))
        self._count = instance.n * instance.m
        self._budget = self._whole = UNITS_PER_OPERATION * self._count
        self._most = -(-self._count // SHARE)
        self._bound = trivial_bound(instance)
        self._round = self._fell = 0
        self._proved = False
        self._freed = [0] * self._count
        self._refused = False
        # Luck depends on the data alone, so that a run repeats itself.
        self._rng = Random(repr((instance.machines, instance.times)))
        self._seen: Json = None

    def observe(self) -> Json | None:
        """Show the incumbent; None once the search is over, or was refused."""
        if self._over():
            return None
        if self._seen is None:
            self._seen = self._look()
        return self._seen

    def act(self, decision: Json) -> None:
        """Free operations, named by their places; anything else ends the run."""
        if self.observe() is None:
            return
        self._seen = None
        if not self._names(decision):
            self._refused = True
            return
        for place in decision:
            self._freed[place] = self._round + 1
        self._solve(frozenset(decision))
        self._round += 1

    def trace(self) -> Json:
        """Return the start times of the incumbent, or the round that was refused."""
        if self._refused:
            return refused(self._round)
        return [list(row) for row in self._starts]

    def _over(self) -> bool:
        done = self._round == ROUNDS or self._budget < LEAST
        reached = makespan(self._instance, self._starts) == self._bound
        return self._refused or done or reached

    def _names(self, decision: Json) -> bool:
        if type(decision) is not list or len(decision) > self._most:
            return False
        if any(type(x) is not int or not 0 <= x < self._count for x in decision):
            return False
        return len(set(decision)) == len(decision)

    def _solve(self, free: frozenset[int]) -> None:
        # Rounded, so that equal rounds of two runs are known to be equal.
        limit = round(min(self._budget, self._whole / LONGEST), 7)
        solved = improve(self._instance, self._starts, free, limit)
        self._budget = max(0.0, self._budget - solved.spent)
        self._proved = solved.proved
        if solved.starts is not None:
            self._starts = settled(self._instance, solved.starts)
            self._fell = self._round + 1

    def _look(self) -> Json:
        instance, rng = self._instance, self._rng
        end = makespan(instance, self._starts)
        spot = rng.uniform(0, end)
        jobs = [rng.random() for _ in range(instance.n)]
        machines = [rng.random() for _ in range(instance.m)]
        state = State(
            round=self._round,
            rounds=ROUNDS,
            most=self._most,
            makespan=end,
            bound=self._bound,
            stalled=self._round - self._fell,
            spot=spot,
            budget=self._budget / self._whole,
            proved=int(self._proved),
            n=instance.n,
            m=instance.m,
            p_mean=sum(map(sum, instance.times)) / self._count,
        )
        ops = self._ops(spot, jobs, machines)
        return {
            "state": list(state),
            "ops": [list(op) for op in ops],
            "seed": rng.getrandbits(32),
        }

    def _ops(
        self, spot: float, jobs: Sequence[float], machines: Sequence[float]
    ) -> list[Op]:
        instance = self._instance
        slack = slacks(instance, self._starts)
        found = []
        for j, times in enumerate(instance.times):
            ready = 0
            for k, p in enumerate(times):
                start, machine = self._starts[j][k], instance.machines[j][k]
                found.append(
                    Op(
                        job=j,
                        k=k,
                        machine=machine,
                        p=p,
                        start=start,
                        slack=slack[j][k],
                        wait=start - ready,
                        rest=sum(times[k:]),
                        freed=self._round - self._freed[j * instance.m + k],
                        distance=abs(start + p / 2 - spot),
                        luck=self._rng.random(),
                        job_luck=jobs[j],
                        machine_luck=machines[machine],
                    )
                )
                ready = start + p
        return found


def _in_order(starts: Starts) -> list[tuple[int, int, int]]:
    """Start, job and number of all operations, as they begin."""
    return sorted(
        (start, j, k) for j, row in enumerate(starts) for k, start in enumerate(row)
    )

"""Schedule a few tasks in the best way into what is placed already.

Any schedule can be had by placing its tasks in the order of their starts, each into
the earliest gap on its machine. So a search over orders and machines is exact.
"""

from collections.abc import Sequence
from math import inf

from problems.dag_hetero.plan import Plan

MAX_NODES = 5_000
"""Partial schedules of one part to look at; what is best by then is kept."""

Step = tuple[int, int, int]


class PartSearch:
    """Depth-first branch and bound over one part; smallest ends with what follows.

    The value of a schedule is the largest ``finish + tail`` of the part's tasks, where
    the tail of a task is the upward rank of what needs it outside the part, with the
    mean transfer.
    """

    def __init__(self, plan: Plan, part: Sequence[int]) -> None:
        dag = plan.dag
        inside = set(part)
        share = (dag.stats.m - 1) / dag.stats.m
        self.nodes = 0
        self.value = inf
        self.steps: list[Step] = []
        self._plan = plan
        self._part = sorted(part, key=lambda i: (-dag.tasks[i].up, i))
        self._inner = {i: [j for j, _ in dag.parents[i] if j in inside] for i in inside}
        self._tails = {
            i: max(
                [
                    share * c + dag.tasks[j].up
                    for j, c in dag.children[i]
                    if j not in inside
                ],
                default=0.0,
            )
            for i in inside
        }
        self._rest = self._least_rest(inside)

    @property
    def complete(self) -> bool:
        """Whether every schedule was looked at, or ruled out."""
        return self.nodes < MAX_NODES

    def run(self) -> None:
        """Find the best schedule of the part and place it."""
        self._descend([], -1, -1.0)
        for i, k, t in self.steps:
            self._plan.place(i, k, t)

    def _least_rest(self, inside: set[int]) -> dict[int, float]:
        """Least value after the start of each task, whatever the machines."""
        dag = self._plan.dag
        rest: dict[int, float] = {}
        for i in reversed([i for i in dag.order if i in inside]):
            after = [rest[j] for j, _ in dag.children[i] if j in inside]
            rest[i] = dag.tasks[i].fastest + max([self._tails[i], *after])
        return rest

    def _descend(self, done: list[Step], last: int, value: float) -> None:
        plan, moves = self._plan, self._moves(last)
        if len(done) == len(self._part) - 1 and moves:
            end, i, k, t = moves[0]  # the best one
            value = max(value, end + self._tails[i])
            if value < self.value:
                self.value, self.steps = value, [*done, (i, k, t)]
            return
        for end, i, k, t in moves:
            worse = max(value, end + self._tails[i])
            if worse >= self.value or self.nodes >= MAX_NODES:
                continue
            self.nodes += 1
            plan.place(i, k, t)
            done.append((i, k, t))
            if self._floor() < self.value:
                self._descend(done, i, worse)
            done.pop()
            plan.remove(i)

    def _moves(self, last: int) -> list[tuple[int, int, int, int]]:
        """Give end, task, machine and start of what can be next, the best ones first.

        Of two tasks in a row that do not touch each other only one order is tried.
        """
        plan, cost = self._plan, self._plan.dag.cost
        moves = []
        for i in self._part:
            parents = self._inner[i]
            if plan.where[i] >= 0 or any(plan.where[j] < 0 for j in parents):
                continue
            swapped = i < last and last not in parents
            for k, since in enumerate(plan.arrivals(i)):
                if swapped and plan.where[last] != k:
                    continue
                t = plan.gap(k, since, cost[i][k])
                moves.append((t + cost[i][k], i, k, t))
        moves.sort(key=lambda move: move[0] + self._tails[move[1]])
        return moves

    def _floor(self) -> float:
        """No schedule of what is left has a smaller value."""
        plan = self._plan
        return max(
            [
                max([plan.finish[j] for j in self._inner[i] if plan.where[j] >= 0])
                + self._rest[i]
                for i in self._part
                if plan.where[i] < 0 and any(plan.where[j] >= 0 for j in self._inner[i])
            ],
            default=-1.0,
        )

"""The machines while a schedule grows: what is busy when, and the earliest gap."""

from bisect import bisect_left, bisect_right

from problems.dag_hetero.dag import Graph


class Plan:
    """A partial schedule. Every task goes into the earliest gap that is long enough.

    ``where`` is the machine of each task, -1 while it has none; ``start`` and
    ``finish`` are its times; ``free`` the end of the last task of each machine.
    """

    def __init__(self, dag: Graph) -> None:
        self.dag = dag
        self.where = [-1] * dag.stats.n
        self.start = [0] * dag.stats.n
        self.finish = [0] * dag.stats.n
        self._starts: list[list[int]] = [[] for _ in range(dag.stats.m)]
        self._ends: list[list[int]] = [[] for _ in range(dag.stats.m)]

    def free(self, k: int) -> int:
        """End of the last task on machine k."""
        ends = self._ends[k]
        return ends[-1] if ends else 0

    def makespan(self) -> int:
        """End of what is placed."""
        return max([ends[-1] for ends in self._ends if ends], default=0)

    def arrivals(self, i: int) -> list[int]:
        """By machine, when the data of task i are there; unplaced parents are left out.

        At least one machine has the data of some parent without a transfer.
        """
        where, finish = self.where, self.finish
        m = self.dag.stats.m
        known = [(finish[j], c, where[j]) for j, c in self.dag.parents[i]]
        return [
            max(
                [end if k == home else end + c for end, c, home in known if home >= 0],
                default=0,
            )
            for k in range(m)
        ]

    def gap(self, k: int, since: int, length: int) -> int:
        """Earliest start from ``since`` on of ``length`` free units on machine k."""
        starts, ends = self._starts[k], self._ends[k]
        t = since
        for at in range(bisect_right(ends, since), len(ends)):
            if starts[at] - t >= length:
                return t
            t = ends[at]
        return t

    def place(self, i: int, k: int, t: int) -> None:
        """Put task i on machine k at t, where ``gap`` said it fits."""
        end = t + self.dag.cost[i][k]
        at = bisect_left(self._starts[k], t)
        self._starts[k].insert(at, t)
        self._ends[k].insert(at, end)
        self.where[i], self.start[i], self.finish[i] = k, t, end

    def remove(self, i: int) -> None:
        """Take task i away again."""
        k = self.where[i]
        at = bisect_left(self._starts[k], self.start[i])
        del self._starts[k][at], self._ends[k][at]
        self.where[i] = -1

    def soonest(self, i: int) -> tuple[int, int, int]:
        """Earliest end of task i, its machine (the lower of ties) and its start."""
        best = (-1, -1, -1)
        for k, (since, w) in enumerate(
            zip(self.arrivals(i), self.dag.cost[i], strict=True)
        ):
            t = self.gap(k, since, w)
            if best[1] < 0 or t + w < best[0]:
                best = (t + w, k, t)
        return best

    def answer(self) -> list[list[int]]:
        """Machine and start by task."""
        return [list(pair) for pair in zip(self.where, self.start, strict=True)]

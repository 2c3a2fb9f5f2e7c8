"""The CP-SAT model of pod placement: how many pods of a class each node gets.

Pods with equal requests and priority are exchangeable. Levels of priority are maximised
one after the other, the highest first, then the pods that stay where they run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from problems.k8s_pods.model import PodsInstance, cost, weights

Class = tuple[int, int, int]
"""Requests of CPU and memory, and priority."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Lower bound on the cost, and the nodes of the pods that cost ``best``."""

    lower: int
    best: int
    nodes: list[int | None]


class Solver:
    """Lexicographic CP-SAT in one thread.

    Parameters
    ----------
    cp
        The module ``ortools.sat.python.cp_model``.
    limit
        Deterministic time of one maximisation.
    """

    def __init__(self, cp: Any, instance: PodsInstance, limit: float) -> None:
        self._cp, self._instance, self._limit = cp, instance, limit
        self._members: dict[Class, list[int]] = {}
        rows = zip(
            instance.pod_cpu, instance.pod_memory, instance.pod_priority, strict=True
        )
        for pod, row in enumerate(rows):
            self._members.setdefault(row, []).append(pod)
        self._model = model = cp.CpModel()
        self._counts: dict[tuple[Class, int], Any] = {}
        self._stay: dict[tuple[Class, int], Any] = {}
        for kind, pods in self._members.items():
            here = [self._instance.pod_node[pod] for pod in pods]
            for node in range(len(instance.cpu)):
                count = model.new_int_var(0, len(pods), "")
                self._counts[kind, node] = count
                if node in here:
                    stay = model.new_int_var(0, here.count(node), "")
                    model.add(stay <= count)
                    self._stay[kind, node] = stay
            model.add(self._total(kind) <= len(pods))
        for node in range(len(instance.cpu)):
            for at, capacity in ((0, instance.cpu), (1, instance.memory)):
                used = sum(
                    kind[at] * self._counts[kind, node] for kind in self._members
                )
                model.add(used <= capacity[node])

    def _total(self, kind: Class) -> Any:
        return sum(self._counts[kind, n] for n in range(len(self._instance.cpu)))

    def run(self, nodes: Sequence[int | None]) -> Found:
        """Improve a placement level by level, until one cannot be proved."""
        of = weights(self._instance)
        best = list(nodes)
        lower = self._instance.n
        proved = True
        for priority, weight in of.items():
            kinds = [kind for kind in self._members if kind[2] == priority]
            all_of = sum(len(self._members[kind]) for kind in kinds)
            placed = sum(self._total(kind) for kind in kinds)
            found, bound, better = self._maximise(placed, all_of, best)
            if better is not None:
                best = better
            self._model.add(placed >= found)
            if proved:
                lower += weight * (all_of - bound)
            proved = proved and found == bound
        stays = sum(self._stay.values())
        _, bound, better = self._maximise(stays, self._instance.running, best)
        if better is not None:
            best = better
        if proved:
            lower += self._instance.running - bound
        return Found(lower=lower, best=cost(self._instance, best), nodes=best)

    def _maximise(
        self, what: Any, most: int, nodes: Sequence[int | None]
    ) -> tuple[int, int, list[int | None] | None]:
        """Give the value, its bound, and a placement if it is better than ``nodes``."""
        model, cp = self._model, self._cp
        model.clear_hints()
        counts, stay = self._as_counts(nodes)
        for key, count in self._counts.items():
            model.add_hint(count, counts.get(key, 0))
        for key, count in self._stay.items():
            model.add_hint(count, stay.get(key, 0))
        model.maximize(what)
        solver = cp.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 0
        solver.parameters.max_deterministic_time = self._limit
        status = solver.solve(model)
        if status not in (cp.OPTIMAL, cp.FEASIBLE):
            raise AssertionError("the placement that is known became infeasible")
        bound = min(most, int(solver.best_objective_bound + 1e-6))
        found = self._as_nodes(
            {key: solver.value(count) for key, count in self._counts.items()}
        )
        return round(solver.objective_value), bound, found

    def _as_counts(
        self, nodes: Sequence[int | None]
    ) -> tuple[dict[tuple[Class, int], int], dict[tuple[Class, int], int]]:
        counts: dict[tuple[Class, int], int] = {}
        stay: dict[tuple[Class, int], int] = {}
        for kind, pods in self._members.items():
            now = [self._instance.pod_node[pod] for pod in pods]
            then = [nodes[pod] for pod in pods]
            for node in set(then) - {None}:
                assert node is not None
                counts[kind, node] = then.count(node)
                stay[kind, node] = min(then.count(node), now.count(node))
        return counts, stay

    def _as_nodes(self, counts: dict[tuple[Class, int], int]) -> list[int | None]:
        """Let those stay that can; the others of a class go where room is left."""
        nodes: list[int | None] = [None] * self._instance.n
        for kind, pods in self._members.items():
            left = {n: counts[kind, n] for n in range(len(self._instance.cpu))}
            moved = []
            for pod in pods:
                now = self._instance.pod_node[pod]
                if now is not None and left[now]:
                    nodes[pod] = now
                    left[now] -= 1
                else:
                    moved.append(pod)
            places = [node for node, count in left.items() for _ in range(count)]
            # Those that run are evicted last: it costs one more.
            moved.sort(key=lambda pod: self._instance.pod_node[pod] is None)
            for pod, node in zip(moved, places, strict=False):
                nodes[pod] = node
        return nodes

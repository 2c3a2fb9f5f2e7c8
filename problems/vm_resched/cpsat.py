"""The CP-SAT model of VM rescheduling: how many VMs of a class leave and come."""

from dataclasses import dataclass
from typing import Any

from problems.vm_resched.model import BLOCK, VmInstance, free_cores, trivial_bound
from problems.vm_resched.ordering import Class, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Bound, and the plan if there is any."""

    lower: int
    plan: Plan | None


class Model:
    """Integers ``leave[class, node]`` and ``come[class, node]``; most whole blocks."""

    def __init__(self, cp: Any, instance: VmInstance, forbidden: list[Plan]) -> None:
        self._cp, self._instance = cp, instance
        self._model = model = cp.CpModel()
        self.groups = Class.groups(instance)
        self.leave: dict[tuple[Class, int], Any] = {}
        self.come: dict[tuple[Class, int], Any] = {}
        for kind, places in self.groups.items():
            for node in kind.places(instance):
                have = len(places.get(node, ()))
                if have:
                    self.leave[kind, node] = model.new_int_var(0, have, "")
                most = 1 if kind.service is not None else instance.limit
                self.come[kind, node] = model.new_int_var(0, most, "")
            model.add(
                sum(v for (k, _), v in self.leave.items() if k == kind)
                == sum(v for (k, _), v in self.come.items() if k == kind)
            )
        model.add(sum(self.leave.values()) <= instance.limit)
        self._capacities()
        self._spread()
        for plan in forbidden:
            self._forbid(plan)

    def _capacities(self) -> None:
        instance, model = self._instance, self._model
        free = free_cores(instance, instance.vm_node)
        used: list[Any] = [0] * len(free)
        held: list[Any] = [0] * len(free)
        for sign, counts in ((1, self.come), (-1, self.leave)):
            for (kind, node), count in counts.items():
                for k in range(node, node + kind.width):
                    used[k] += sign * kind.cores // kind.width * count
                    held[k] += sign * kind.memory // kind.width * count
        ram = list(instance.memory)
        for node, gb, width in zip(
            instance.vm_node, instance.vm_memory, instance.vm_width, strict=True
        ):
            for k in range(node, node + width):
                ram[k] -= gb // width
        self.blocks = []
        for k, cores in enumerate(free):
            whole = model.new_int_var(0, instance.cores[k] // BLOCK, "")
            model.add(BLOCK * whole + used[k] <= cores)
            model.add(held[k] <= ram[k])
            self.blocks.append(whole)
        now = sum(cores // BLOCK for cores in free)
        most = (sum(free) - trivial_bound(instance)) // BLOCK
        gains = sum(
            kind.width * count
            for (kind, _), count in self.leave.items()
            if kind.cores // kind.width % BLOCK
        )
        model.add(sum(self.blocks) <= most)
        model.add(sum(self.blocks) <= now + gains)
        model.maximize(sum(self.blocks))

    def _spread(self) -> None:
        """Let no machine have two VMs of one service."""
        there: dict[tuple[int, int], Any] = {}
        host = self._instance.host
        for (kind, node), count in self.come.items():
            if kind.service is None:
                continue
            key = kind.service, host[node]
            there[key] = there.get(key, 0) + count
        for (kind, node), count in self.leave.items():
            if kind.service is not None:
                there[kind.service, host[node]] += len(self.groups[kind][node]) - count
        for total in there.values():
            self._model.add(total <= 1)

    def _forbid(self, plan: Plan) -> None:
        """Exclude one choice of departures and arrivals."""
        differ = []
        for counts, chosen in ((self.leave, plan.leave), (self.come, plan.come)):
            for key, count in counts.items():
                flag = self._model.new_bool_var("")
                self._model.add(count != chosen.get(key, 0)).only_enforce_if(flag)
                differ.append(flag)
        self._model.add_bool_or(differ)

    def hint(self, migrations: list[list[int]]) -> None:
        """Start from migrations that are known to be possible."""
        at = list(self._instance.vm_node)
        for vm, node in migrations:
            at[vm] = node
        plan = Plan.between(self._instance, at)
        for counts, chosen in ((self.leave, plan.leave), (self.come, plan.come)):
            for key, count in counts.items():
                self._model.add_hint(count, chosen.get(key, 0))

    def solve(self, limit: float) -> Found:
        """Run the solver for ``limit`` units of deterministic time."""
        solver = self._cp.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.linearization_level = 2
        solver.parameters.random_seed = 0
        solver.parameters.max_deterministic_time = limit
        status = solver.solve(self._model)
        if status == self._cp.INFEASIBLE:
            return Found(lower=0, plan=None)
        lower = self._instance.free - BLOCK * int(solver.best_objective_bound + 1e-6)
        if status not in (self._cp.OPTIMAL, self._cp.FEASIBLE):
            return Found(lower=lower, plan=None)
        leave, come = (
            {key: solver.value(v) for key, v in counts.items() if solver.value(v)}
            for counts in (self.leave, self.come)
        )
        return Found(lower=lower, plan=Plan(leave=leave, come=come))

"""One run on the trusted side: what a heuristic may know crosses, durations do not."""

from problems.base import Json
from problems.stoch_single.machine import Machine
from problems.stoch_single.model import StochInstance


class StochSimulator:
    """A run that is stepped from outside."""

    def __init__(self, instance: StochInstance, entry_point: str) -> None:
        self._machine = Machine(instance.durations, preemptive=entry_point == "preempt")
        self._illegal: list[Json] = []

    def observe(self) -> Json | None:
        """Give the types with jobs left and what is known of them."""
        types = self._machine.open()
        if self._illegal or len(types) < 2:
            return None
        views = self._machine.views(types)
        return {
            "types": types,
            "views": [list(view) for view in views],
            "state": list(self._machine.state(views)),
        }

    def act(self, decision: Json) -> None:
        """Work on a type; what is no type with jobs left ends the run."""
        if type(decision) is int and decision in self._machine.open():
            self._machine.work(decision)
        else:
            self._illegal.append(decision)

    def trace(self) -> Json:
        """Give the decisions so far."""
        return [*self._machine.answer, *self._illegal]

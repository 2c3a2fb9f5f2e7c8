"""The simulator: asks a heuristic about each window, and rolls the horizon."""

from collections.abc import Callable

from problems.base import Json
from problems.fjsp.model import FjspInstance
from problems.fjsp_rho.rolling import Horizon
from problems.fjsp_rho.simulate import FIX, WINDOW
from problems.refusals import refused

SIZE, STEP = 6, 2
"""Operations of a window, and of those that are carried out, for each machine."""


def shop(payload: Json) -> FjspInstance:
    """Read an encoded instance back."""
    jobs = tuple(
        tuple(tuple((machine, p) for machine, p in op) for op in job)
        for job in payload["jobs"]
    )
    return FjspInstance(id="", group="", m=payload["m"], jobs=jobs)


class Desk:
    """One run on the trusted side: it asks where there is something to decide."""

    def __init__(self, instance: FjspInstance, entry_point: str) -> None:
        self._horizon = Horizon(instance)
        self._act: Callable[[Json], bool] = {FIX: self._fix, WINDOW: self._frame}[
            entry_point
        ]
        self._size, self._step = SIZE * instance.m, STEP * instance.m
        self._fixing = entry_point == FIX
        self._refused = False
        self._seen: Json = None

    def observe(self) -> Json | None:
        """Show what is to be decided; None once all is scheduled, or it was refused."""
        if self._refused:
            return None
        horizon = self._horizon
        while self._fixing and horizon.left and not horizon.overlap(self._size):
            horizon.roll(self._size, self._step, ())
        if not horizon.left:
            return None
        if self._seen is None:
            self._seen = {"state": list(horizon.state())}
            if self._fixing:
                views = horizon.views(horizon.overlap(self._size))
                self._seen["ops"] = [list(view) for view in views]
        return self._seen

    def act(self, decision: Json) -> None:
        """Solve the next window as was decided; anything else ends the run."""
        if self.observe() is None:
            return
        self._seen = None
        self._refused = not self._act(decision)

    def trace(self) -> Json:
        """Return the schedule so far, or which window it ended with."""
        if self._refused:
            return refused(self._horizon.windows)
        return self._horizon.schedule

    def _fix(self, decision: Json) -> bool:
        overlap = self._horizon.overlap(self._size)
        if type(decision) is not list or len(decision) != len(overlap):
            return False
        if any(type(fixed) is not bool for fixed in decision):
            return False
        chosen = [key for key, fixed in zip(overlap, decision, strict=True) if fixed]
        self._horizon.roll(self._size, self._step, chosen)
        return True

    def _frame(self, decision: Json) -> bool:
        if type(decision) is not list or [type(x) for x in decision] != [int, int]:
            return False
        self._horizon.roll(decision[0], decision[1], ())
        return True

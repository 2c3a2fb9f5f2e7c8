"""Run a program of a model once, confined as candidates are, and return its answer."""

import json
from dataclasses import dataclass
from typing import Any

from evaluators.backends.jobs import Recipe, job, launch
from evaluators.base import Limits, Sandbox, Status
from evaluators.sandbox import levels
from evaluators.sandbox.host import Slot
from problems.programs import MODULES

DRIVER = "problems.programs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of a program: plain data, or why there are none."""

    answer: Any = None
    failure: str = ""


class ProgramRunner:
    """One sandbox, which is started by the first program; ``run`` blocks its thread.

    Parameters
    ----------
    least
        Isolation level below which nothing is run.
    """

    def __init__(self, limits: Limits, least: Sandbox = Sandbox.SECCOMP) -> None:
        self._limits = limits
        self._least = least
        self._slot: Slot | None = None

    def run(self, source: str, entry_point: str, data: Any) -> Ran:
        """Call the function ``entry_point`` of a program with ``data``.

        Raises
        ------
        ConfigError
            If this machine cannot confine programs.
        EvaluatorError
            If a sandbox cannot be started, or died.
        """
        if self._slot is None:
            recipe = Recipe(
                driver=DRIVER, modules=MODULES, limits=self._limits, splits={}
            )
            self._slot = Slot(launch(recipe, levels.require(self._least)))
        head = {"source": source, "entry_point": entry_point, "seed": 0}
        instances = f'"instances":{json.dumps([data])}'.encode()
        outcome = self._slot.run(job(json.dumps(head).encode(), instances))
        if outcome.status is not Status.OK:
            return Ran(failure=f"{outcome.status}: {outcome.message}".strip(": "))
        return Ran(answer=outcome.answers[0])

    def close(self) -> None:
        """End the sandbox; idempotent."""
        if self._slot is not None:
            self._slot.close()
            self._slot = None

"""The suite as a table: every program at every level of this machine."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluators.base import Sandbox
from evaluators.errors import EvaluatorError
from evaluators.hostile.host import KEY, KEY_NAME
from evaluators.hostile.records import Finding

_INHERITED = ("PATH", "PYTHONPATH", "TMPDIR", "LANG")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Findings of one level.

    Attributes
    ----------
    hostile
        One per program that was run, in the order of the list.
    benign
        One per honest program.
    """

    level: Sandbox
    hostile: tuple[Finding, ...]
    benign: tuple[Finding, ...]

    @property
    def leaked(self) -> tuple[Finding, ...]:
        """Programs that were not contained."""
        return tuple(finding for finding in self.hostile if finding.leak)

    @property
    def odd(self) -> tuple[Finding, ...]:
        """Results that do not show what they should, hostile or benign."""
        both = (*self.benign, *self.hostile)
        return tuple(finding for finding in both if finding.odd)


def run(
    level: Sandbox,
    names: Sequence[str] = (),
    observe: Callable[[Finding], None] = lambda _: None,
) -> Report:
    """Run the programs at ``level``, in a process of its own.

    Parameters
    ----------
    names
        Of the programs to run; all if empty.
    observe
        Called with each finding as it comes.

    Raises
    ------
    EvaluatorError
        If the suite itself cannot run.
    """
    found: Mapping[str, list[Finding]] = {"hostile": [], "benign": []}
    with subprocess.Popen(  # noqa: S603  our own command
        [sys.executable, "-P", "-m", "evaluators.hostile", level.value, *names],
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            fields = json.loads(line)
            finding = _finding(fields)
            found[fields["kind"]].append(finding)
            observe(finding)
        words = process.stderr.read().strip().rpartition("\n")[2]
    if process.returncode:
        raise EvaluatorError(f"the hostile suite failed at {level.value}: {words}")
    return Report(
        level=level, hostile=tuple(found["hostile"]), benign=tuple(found["benign"])
    )


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**kept, KEY_NAME: KEY}


def _finding(fields: Mapping[str, Any]) -> Finding:
    rest = {k: v for k, v in fields.items() if k not in {"kind", "level"}}
    return Finding(level=Sandbox(fields["level"]), **rest)

"""One sample: asked once, read, and judged.

In the mode ``direct`` the model writes a schedule; in the mode ``solver`` a program
that is run on the data of the sample and returns one.
"""

import ast
import json
import re

from problems.answers import last_object
from problems.base import Json
from problems.benchmark import (
    Dialogue,
    Outcome,
    Program,
    Question,
    Reply,
    Sample,
    Settings,
)
from problems.rconstraint.case import read_case
from problems.rconstraint.verify import read_answer, violations


def start(sample: Sample, settings: Settings) -> Dialogue:
    """Begin a sample."""
    if settings["mode"] == "solver":
        return _Solver(sample)
    return _Direct(sample, settings)


class _Direct:
    """The model writes the schedule itself, in its first and only answer."""

    def __init__(self, sample: Sample, settings: Settings) -> None:
        self._sample = sample
        self._strict = bool(settings["strict_json"])
        self._reply: Reply | None = None

    def question(self) -> Question | None:
        if self._reply is not None:
            return None
        return Question(template="bench/rconstraint", values=self._sample.data)

    def answer(self, reply: Reply) -> None:
        self._reply = reply

    def outcome(self) -> Outcome:
        reply = self._reply
        if reply is None or (code := _silent(reply)):
            code = "model_failed" if reply is None else code
            return _outcome(self._sample, {code: 1})
        found = last_object(reply.text)
        if found is None or (self._strict and not found.strict):
            return _outcome(self._sample, {_unread(reply): 1})
        return _judged(self._sample, found.value, {"strict_json": float(found.strict)})


class _Solver:
    """The model writes a program, which is then run."""

    def __init__(self, sample: Sample) -> None:
        self._sample = sample
        self._reply: Reply | None = None
        self._source: str | None = None
        self._result: Reply | None = None

    def question(self) -> Question | None:
        if self._reply is None:
            values = {"mode": "solver", **self._sample.data}
            return Question(template="bench/rconstraint_solver", values=values)
        if self._source is None or self._result is not None:
            return None
        return Question(
            program=Program(
                source=self._source, entry_point=ENTRY_POINT, data=self._sample.data
            )
        )

    def answer(self, reply: Reply) -> None:
        if self._reply is None:
            self._reply = reply
            self._source = None if _silent(reply) else _program(reply.text)
        else:
            self._result = reply

    def outcome(self) -> Outcome:
        reply, result = self._reply, self._result
        if reply is None or (code := _silent(reply)):
            code = "model_failed" if reply is None else code
            return _outcome(self._sample, {code: 1})
        if self._source is None:
            return _outcome(self._sample, {_unread(reply): 1})
        if result is None or result.failure:
            return _outcome(self._sample, {"program": 1}, self._source)
        try:
            value: Json = json.loads(result.text)
        except (ValueError, RecursionError):
            return _outcome(self._sample, {"schema": 1}, self._source)
        return _judged(self._sample, value, {})


ENTRY_POINT = "solve"

_FENCED = re.compile(r"```[a-zA-Z0-9]*\s*\n(.*?)```", re.DOTALL)


def _program(text: str) -> str | None:
    """Find the last fenced block, or the text, that defines the function asked for."""
    for source in (*reversed(_FENCED.findall(text)), text):
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        defined = [x.name for x in tree.body if isinstance(x, ast.FunctionDef)]
        if ENTRY_POINT in defined:
            return str(source)
    return None


def _silent(reply: Reply) -> str:
    """Return the code of a reply without any text; empty if there is some."""
    if reply.failure:
        return "model_failed"
    return "" if reply.text.strip() else "no_output"


def _unread(reply: Reply) -> str:
    return "truncated" if reply.finish_reason == "length" else "parse"


def _judged(sample: Sample, value: Json, measures: dict[str, float]) -> Outcome:
    case = read_case(sample.data)
    starts, errors = read_answer(case, value)
    return _outcome(sample, errors | violations(case, starts), starts, measures)


def _outcome(
    sample: Sample,
    errors: dict[str, int],
    parsed: Json = None,
    measures: dict[str, float] | None = None,
) -> Outcome:
    return Outcome(
        sample=sample.id,
        group=sample.group,
        level=sample.level,
        correct=float(not errors),
        measures=measures or {},
        errors=errors,
        parsed=parsed,
    )

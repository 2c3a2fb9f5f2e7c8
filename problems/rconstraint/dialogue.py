"""One sample: asked once, read, and judged."""

from problems.answers import last_object
from problems.base import Json
from problems.benchmark import Dialogue, Outcome, Question, Reply, Sample, Settings
from problems.rconstraint.case import read_case
from problems.rconstraint.verify import read_answer, violations


def start(sample: Sample, settings: Settings) -> Dialogue:
    """Begin a sample."""
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
        errors, starts, strict = self._judged()
        feasible = float(not errors)
        return Outcome(
            sample=self._sample.id,
            group=self._sample.group,
            level=self._sample.level,
            correct=feasible,
            measures={"strict_json": float(strict)},
            errors=errors,
            parsed=starts,
        )

    def _judged(self) -> tuple[dict[str, int], Json, bool]:
        reply = self._reply
        if reply is None or reply.failure:
            return {"model_failed": 1}, None, False
        if not reply.text.strip():
            return {"no_output": 1}, None, False
        found = last_object(reply.text)
        if found is None or (self._strict and not found.strict):
            cut = reply.finish_reason == "length"
            return {"truncated" if cut else "parse": 1}, None, False
        case = read_case(self._sample.data)
        starts, errors = read_answer(case, found.value)
        return errors | violations(case, starts), starts, found.strict

"""The Researcher's tools at work, within one session.

Everything that is shown is of the train split. Candidates run in the sandbox alone;
what the judge and the references are made of is never read.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from evaluators.base import EvaluationRequest, InstanceVerdict, Status
from evolve.agents.glia import analysis
from evolve.agents.glia.settings import GliaSettings
from evolve.agents.glia.tools import Arguments, ToolError, built, checked
from evolve.patch import Refused, program_id
from evolve.ports import Brief, Population
from evolve.records import (
    Candidate,
    Note,
    NoteKind,
    Operator,
    Program,
    Rejection,
)
from problems.base import AnyProblem, EntryPoint, Instance, Json, Split
from problems.errors import ConfigError
from prompts.records import ToolCall
from prompts.rendering import cut

_WORST = 5
"""Instances that ``evaluate`` shows."""

_ID = re.compile(r"[0-9a-f]{6,32}")
_TITLE_CHARS = 200
_FAULTS = (
    *(ConfigError, ValueError, TypeError, LookupError, ArithmeticError),
    *(AttributeError, RecursionError),
)


class Tracer(Protocol):
    """Runs a program in a sandbox and returns what it answers, unjudged."""

    async def answers(self, request: EvaluationRequest) -> tuple[Json, ...]:
        """Return an answer per instance of the split, up to the first failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Laboratory:
    """What all sessions of a campaign share.

    Attributes
    ----------
    seed
        Of the campaign: programs are run again as they were judged.
    """

    problem: AnyProblem
    entry_point: EntryPoint
    population: Population
    tracer: Tracer
    seed: int
    settings: GliaSettings = field(default_factory=GliaSettings)


class Workbench:
    """The tools of one session."""

    def __init__(self, lab: Laboratory, brief: Brief) -> None:
        self._lab = lab
        self._brief = brief
        self._trials: dict[str, Program] = {}
        self._tools: Mapping[str, Callable[[Arguments], Awaitable[Json]]] = {
            "read_card": self._read_card,
            "read_code": self._read_code,
            "evaluate": self._evaluate,
            "results": self._results,
            "trace": self._trace,
            "analyse": self._analyse,
            "remember": self._remember,
            "recall": self._recall,
        }

    @property
    def best(self) -> Program | None:
        """The best program that the session tried out, None if none has a score."""
        scored = [p for p in self._trials.values() if p.score is not None]
        return min(scored, key=lambda p: (p.score, p.candidate.step), default=None)

    async def answer(self, call: ToolCall, arguments: Arguments) -> str:
        """Answer a call as JSON.

        Raises
        ------
        ToolError
            If it cannot be answered; the text says why.
        BudgetExhausted
            If there is no room to try out a program.
        """
        try:
            found = await self._tools[call.name](arguments)
        except _FAULTS as error:
            kind = "" if isinstance(error, ConfigError) else f"{type(error).__name__}: "
            raise ToolError(f"{call.name}: {kind}{error}") from error
        text = found if isinstance(found, str) else json.dumps(found)
        return cut(text, self._lab.settings.output_chars)

    def recollect(self, call: ToolCall) -> None:
        """Take note of a trial whose result an earlier session of ours recorded."""
        if call.name != "evaluate":
            return
        try:
            found = program_id(self.candidate(checked(call)).source)
        except ToolError:
            return
        if found in self._lab.population.known():
            self._trials[found] = self._lab.population.get(found)

    def candidate(self, arguments: Arguments) -> Candidate:
        """Make the candidate that ``evaluate`` or ``propose`` is called with.

        Raises
        ------
        ToolError
            If the code is no program that may be judged.
        """
        base = self._base(arguments)
        patched = built(base.candidate.source, arguments, self._lab.entry_point.name)
        if isinstance(patched, Refused):
            raise ToolError(f"{patched.reason}: {patched.detail}")
        why = arguments.get("rationale", arguments.get("hypothesis", ""))
        return Candidate(
            id=program_id(patched.source),
            step=self._brief.step,
            source=patched.source,
            operator=Operator.AGENT,
            island=self._brief.island,
            parents=(base.id,),
            rationale=str(why),
        )

    def _base(self, arguments: Arguments) -> Program:
        if "base" in arguments:
            return self._program(str(arguments["base"]))
        return self._brief.parents[0]

    def _program(self, name: str) -> Program:
        """Find a judged program by id or by the name of a baseline."""
        population, baseline = self._lab.population, self._lab.problem.baselines
        if name in baseline:
            found = program_id(baseline[name].source)
            if found not in population.known():
                raise ToolError(f"baseline {name} is not judged yet; use evaluate")
            name = found
        if not _ID.fullmatch(name):
            raise ToolError(f"{name!r} is neither the id of a program nor a baseline")
        program = population.get(name)
        if program.evaluation.split is not Split.TRAIN:
            raise ToolError(f"program {name} has no outcome on train")
        return program

    async def _read_card(self, _: Arguments) -> Json:
        problem, entry_point = self._lab.problem, self._lab.entry_point
        return {
            "problem": problem.title,
            "definition": problem.card,
            "signature": entry_point.signature,
            "interface": entry_point.doc,
            "modules": list(problem.modules),
            "baselines": {
                name: baseline.citation
                for name, baseline in problem.baselines.items()
                if baseline.entry_point == entry_point.name
            },
            "train": [instance.id for instance in problem.instances(Split.TRAIN)],
        }

    async def _read_code(self, arguments: Arguments) -> Json:
        name = str(arguments["program"])
        baseline = self._lab.problem.baselines.get(name)
        if baseline is not None:
            return baseline.source
        return self._program(name).candidate.source

    async def _evaluate(self, arguments: Arguments) -> Json:
        candidate = self.candidate(arguments)
        found = await self._brief.trial(
            candidate.source,
            operator=candidate.operator,
            parents=candidate.parents,
            rationale=candidate.rationale,
        )
        if isinstance(found, Rejection):
            return {
                "program": candidate.id,
                "status": f"rejected: {found.reason}",
                "message": found.detail,
            }
        self._trials[found.id] = found
        worst = sorted(found.evaluation.verdicts, key=_badness, reverse=True)
        return {
            "program": found.id,
            "status": str(found.evaluation.status),
            "gap": _short(found.score),
            "gap_of_base": _short(self._base(arguments).score),
            "worst": [_row(verdict) for verdict in worst[:_WORST]],
            "message": found.evaluation.message,
        }

    async def _results(self, arguments: Arguments) -> Json:
        program = self._program(str(arguments["program"]))
        if "other" in arguments:
            return _compared(program, self._program(str(arguments["other"])))
        worst = sorted(program.evaluation.verdicts, key=_badness, reverse=True)
        return {
            "program": program.id,
            "status": str(program.evaluation.status),
            "gap": _short(program.score),
            "message": program.evaluation.message,
            "columns": ["instance", "status", "objective", "gap"],
            "rows": [_row(verdict) for verdict in worst],
        }

    async def _trace(self, arguments: Arguments) -> Json:
        program = self._program(str(arguments["program"]))
        place, instance = self._instance(str(arguments["instance"]))
        request = EvaluationRequest(
            source=program.candidate.source,
            entry_point=self._lab.entry_point.name,
            split=Split.TRAIN,
            seed=self._lab.seed,
        )
        answers = await self._lab.tracer.answers(request)
        if place >= len(answers):
            why = program.evaluation.message or "it failed before"
            raise ToolError(f"the program gives no answer to {instance.id}: {why}")
        problem, answer = self._lab.problem, answers[place]
        verdict = problem.verify(instance, self._lab.entry_point.name, answer)
        valid = verdict.objective is not None and not verdict.violations
        bars = problem.gantt(instance, answer) if valid else ()
        return {
            "instance": instance.id,
            "objective": verdict.objective,
            "violations": list(verdict.violations),
            "data": self._part(problem.encode(instance)),
            "answer": self._part(answer),
            "columns": ["row", "label", "start", "end", "late"],
            "schedule": self._part(
                [[b.row, b.label, b.start, b.end, b.late] for b in bars]
            ),
        }

    def _part(self, data: Json) -> Json:
        """Cut one of three parts of a result, so that each of them is seen."""
        text, limit = json.dumps(data), self._lab.settings.output_chars // 4
        return data if len(text) <= limit else cut(text, limit)

    def _instance(self, name: str) -> tuple[int, Instance]:
        for place, instance in enumerate(self._lab.problem.instances(Split.TRAIN)):
            if instance.id == name:
                return place, instance
        raise ToolError(f"{name!r} is no training instance; read_card lists them")

    async def _analyse(self, arguments: Arguments) -> Json:
        program = self._program(str(arguments["program"]))
        gaps = _gaps(program)
        if "other" in arguments:
            others = _gaps(self._program(str(arguments["other"])))
            gaps = {k: gap - others[k] for k, gap in gaps.items() if k in others}
        instances = [
            instance
            for instance in self._lab.problem.instances(Split.TRAIN)
            if instance.id in gaps
        ]
        values = [gaps[instance.id] for instance in instances]
        described = [
            analysis.features(self._lab.problem.encode(instance))
            for instance in instances
        ]
        groups: dict[str, list[float]] = {}
        for instance, value in zip(instances, values, strict=True):
            groups.setdefault(instance.group, []).append(value)
        return {
            "values": "difference of the gaps" if "other" in arguments else "gap",
            "left_out": len(program.evaluation.verdicts) - len(values),
            "all": _rounded(analysis.summary(values)),
            "groups": {
                name: _rounded(analysis.summary(of)) for name, of in groups.items()
            },
            "rank_correlations": {
                name: round(value, 3)
                for name, value in analysis.correlations(values, described)
            },
        }

    async def _remember(self, arguments: Arguments) -> Json:
        note = Note(
            kind=NoteKind.INSIGHT,
            title=" ".join(str(arguments["title"]).split())[:_TITLE_CHARS],
            text=str(arguments["text"]),
            step=self._brief.step,
        )
        if not note.title:
            raise ToolError("the title is empty")
        # A session that was cut off may have written it already.
        for known in self._lab.population.notes(NoteKind.INSIGHT):
            if (known.step, known.title, known.text) == (
                note.step,
                note.title,
                note.text,
            ):
                return {"note": known.number}
        return {"note": self._lab.population.add_note(note)}

    async def _recall(self, arguments: Arguments) -> Json:
        number = int(arguments["note"])
        notes = self._lab.population.notes()
        if not 0 <= number < len(notes):
            raise ToolError(f"there is no note {number}")
        note = notes[number]
        return {"note": number, "kind": str(note.kind), "title": note.title} | {
            "text": note.text
        }


def _badness(verdict: InstanceVerdict) -> tuple[bool, float]:
    return verdict.status is not Status.OK, verdict.gap or 0.0


def _row(verdict: InstanceVerdict) -> list[Json]:
    return [
        verdict.instance,
        str(verdict.status),
        _short(verdict.objective),
        _short(verdict.gap),
    ]


def _gaps(program: Program) -> dict[str, float]:
    return {
        verdict.instance: verdict.gap
        for verdict in program.evaluation.verdicts
        if verdict.gap is not None
    }


def _compared(program: Program, other: Program) -> Json:
    """Compare two programs on the instances on which both have an objective."""
    objectives = {
        verdict.instance: verdict.objective for verdict in other.evaluation.verdicts
    }
    gaps = _gaps(other)
    rows: list[tuple[float, list[Json]]] = []
    for verdict in program.evaluation.verdicts:
        mine, theirs = verdict.objective, objectives.get(verdict.instance)
        if mine is None or theirs is None:
            continue
        gap = gaps.get(verdict.instance)
        numbers = [_short(number) for number in (mine, theirs, verdict.gap, gap)]
        rows.append((mine - theirs, [verdict.instance, *numbers]))
    rows.sort(key=lambda item: -abs(item[0]))
    return {
        "program": program.id,
        "other": other.id,
        "gaps": [_short(program.score), _short(other.score)],
        "program_better": sum(difference < 0 for difference, _ in rows),
        "other_better": sum(difference > 0 for difference, _ in rows),
        "equal": sum(difference == 0 for difference, _ in rows),
        "columns": ["instance", "objective", "its", "gap", "its"],
        "rows": [row for _, row in rows],
    }


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def _rounded(values: Mapping[str, float]) -> Json:
    return {
        name: value if isinstance(value, int) else _short(value)
        for name, value in values.items()
    }

"""Replay a campaign without a model: patch, judge and place everything again.

Each recorded fact is done once more in its order, with the same code as in a campaign,
and the event that comes of it is compared with the recorded one.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from evaluators.base import Evaluation, EvaluationRequest, Evaluator
from evolve.cassette import Fact, call_of, note_of, response_of
from evolve.llm.prompting import form_of
from evolve.patch import Patched, Refused, apply
from evolve.ports import Population, Selector
from evolve.program import program_id
from evolve.progress import Progress
from evolve.records import (
    EMBEDDER,
    Candidate,
    Operator,
    Order,
    OrderKind,
    Placement,
    Program,
    ProgramId,
    Reason,
    Rejection,
)
from problems.base import Split

PATCHED = frozenset({Operator.DIFF, Operator.REWRITE, Operator.CROSSOVER})
"""Operators whose candidate follows from the answer of a model and its parent."""

_LATER = frozenset({Reason.DUPLICATE, Reason.HOPELESS, Reason.TOO_SIMILAR})
"""Reasons to reject what could be patched."""

_WINDOW = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that did not come out as recorded."""

    step: int | None
    what: str
    recorded: object
    replayed: object


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a replay found.

    Attributes
    ----------
    programs, rejections, placements
        Facts that were replayed; placements on their own, such as migrations.
    patched
        Answers of models that were turned into their outcome again; the candidates of
        all other steps were taken from the recording.
    """

    programs: int = 0
    rejections: int = 0
    placements: int = 0
    patched: int = 0
    differences: list[Difference] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a replay works with; ``population`` is empty at first.

    ``budget`` is the cap on candidates that the strategy was shown.
    """

    population: Population
    selector: Selector
    evaluator: Evaluator
    entry_point: str
    seed: int
    budget: int | None


async def replay(facts: Iterable[Fact], stage: Stage, slots: int) -> Outcome:
    """Do everything again; ``slots`` programs are judged at once.

    Judging a program depends on nothing but the program, so only the rest has to keep
    the recorded order.
    """
    replayer, left = _Replayer(stage), iter(facts)
    gate = asyncio.Semaphore(slots)

    async def judged(source: str) -> Evaluation:
        async with gate:
            return await stage.evaluator.evaluate(
                EvaluationRequest(
                    source=source,
                    entry_point=stage.entry_point,
                    split=Split.TRAIN,
                    seed=stage.seed,
                )
            )

    while window := list(islice(left, _WINDOW)):
        programs = [fact for fact in window if fact["kind"] == "program"]
        found = await asyncio.gather(*(judged(fact["source"]) for fact in programs))
        evaluations = iter(found)
        for fact in window:
            is_program = fact["kind"] == "program"
            replayer.do(fact, next(evaluations) if is_program else None)
    return replayer.outcome


class _Replayer:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._now = Progress.of(stage.population, stage.selector.islands)
        self._unheeded: list[Order] = []
        self._seen = len(stage.population.events())
        self._step = -1
        self.outcome = Outcome()

    def do(self, fact: Fact, evaluation: Evaluation | None) -> None:
        event = fact["event"]
        match fact["kind"]:
            case "call":
                self._stage.population.record_call(call_of(fact))
            case "response":
                self._answered(fact)
            case "note":
                self._stage.population.add_note(note_of(fact))
            case "order":
                order = Order(kind=OrderKind(event["order"]), text=event["text"])
                number = self._stage.population.add_order(order)
                kept = Order(kind=order.kind, text=order.text, number=number)
                self._unheeded.append(kept)
            case "program":
                assert evaluation is not None
                self._program(fact, evaluation)
            case "rejection":
                self._rejection(event)
            case "placement":
                self._placement(event)
        self._compare(fact)

    def _compare(self, fact: Fact) -> None:
        """Compare the events that came of a fact with the recorded one."""
        made = self._stage.population.events(self._seen - 1)
        self._seen += len(made)
        event = fact["event"]
        got: dict[str, Any] = dict(made[-1].payload) if made else {}
        for name in sorted(event.keys() | got.keys()):
            if event.get(name) != got.get(name):
                self._differs(
                    f"{fact['kind']}.{name}", event.get(name), got.get(name), event
                )

    def _differs(
        self, what: str, recorded: object, replayed: object, event: dict[str, Any]
    ) -> None:
        self.outcome.differences.append(
            Difference(
                step=event.get("step"), what=what, recorded=recorded, replayed=replayed
            )
        )

    def _answered(self, fact: Fact) -> None:
        event = fact["event"]
        self._stage.population.record_response(
            event["step"],
            response_of(fact["response"]) if "response" in fact else None,
            fact.get("failure", ""),
            turn=event["turn"],
        )

    # What became of a step.

    def _program(self, fact: Fact, evaluation: Evaluation) -> None:
        event = fact["event"]
        again = self._patched(event)
        if isinstance(again, Refused):
            self._differs("patch", event["id"], str(again.reason), event)
        elif again is not None and program_id(again.source) != event["id"]:
            self._differs("patch", event["id"], program_id(again.source), event)
        candidate = Candidate(
            id=program_id(fact["source"]),
            step=event["step"],
            source=fact["source"],
            operator=Operator(event["operator"]),
            island=event["island"],
            parents=tuple(map(ProgramId, event["parents"])),
            rationale=fact["rationale"],
            note=event["note"],
        )
        program = Program(candidate=candidate, evaluation=evaluation)
        self._step = candidate.step
        moves: list[Placement] = []
        if program.score is not None:
            view = self._now.view(self._step, self._stage.budget)
            wanted = list(self._stage.selector.admit(view, program))
            moves = self._allowed(wanted, event)
        self._stage.population.add(program, moves)
        self._now.remember(program, moves)
        self.outcome.programs += 1

    def _rejection(self, event: dict[str, Any]) -> None:
        reason, again = Reason(event["reason"]), self._patched(event)
        if isinstance(again, Refused) and again.reason is not reason:
            self._differs("patch", str(reason), str(again.reason), event)
        elif isinstance(again, Patched) and reason not in _LATER:
            self._differs("patch", str(reason), program_id(again.source), event)
        self._step = event["step"]
        self._stage.population.reject(
            Rejection(
                step=event["step"],
                operator=Operator(event["operator"]),
                island=event["island"],
                reason=reason,
                detail=event["detail"],
                parents=tuple(map(ProgramId, event["parents"])),
            )
        )
        self.outcome.rejections += 1

    def _patched(self, event: dict[str, Any]) -> Patched | Refused | None:
        """Make the outcome of a model's answer again; None where there is none."""
        said = self._stage.population.dialogue(event["step"])
        dialogue = [p for p in said if p.call.role != EMBEDDER]
        last = dialogue[-1] if dialogue else None
        if last is None or last.response is None or last.call.role != "proposer":
            return None
        if last.call.operator not in PATCHED:
            return None
        self.outcome.patched += 1
        parent = self._stage.population.get(last.call.parents[0])
        return apply(
            parent.candidate.source,
            last.response.text,
            entry_point=self._stage.entry_point,
            form=form_of(last.call.operator),
            finish_reason=last.response.finish_reason,
        )

    # Who lives where.

    def _allowed(
        self, wanted: list[Placement], event: dict[str, Any]
    ) -> list[Placement]:
        """Leave out what a person had forbidden when this happened.

        The log tells when an order was given, not when it was seen: a second later, at
        most. So of the orders that may not have been seen, as few are heeded as agree
        with the recording.
        """
        for count in range(len(self._unheeded) + 1):
            then = self._heeding(count)
            moves = list(then.allowed(wanted))
            if _moves(moves) == _moves_of(event):
                self._heed(count)
                return moves
        return list(self._now.allowed(wanted))

    def _placement(self, event: dict[str, Any]) -> None:
        moves = self._moved(event)
        self._stage.population.place(moves)
        self._now.apply(moves, self._newcomer(moves))
        self.outcome.placements += 1

    def _moved(self, event: dict[str, Any]) -> list[Placement]:
        """Find what moved programs: the strategy, or an order."""
        recorded = _moves_of(event)
        view = self._now.view(self._step, self._stage.budget)
        migrating = list(self._stage.selector.migrate(view))
        for count in range(len(self._unheeded) + 1):
            then = self._heeding(count)
            for moves in (
                list(then.allowed(migrating)),
                list(then.forbidden()),
                *([self._back(program)] for program in then.missing()),
            ):
                if moves and _moves(moves) == recorded:
                    self._heed(count)
                    return moves
        return migrating

    def _back(self, program: ProgramId) -> Placement:
        island = self._stage.population.get(program).candidate.island
        return Placement(program=program, island=island, living=True)

    def _newcomer(self, moves: list[Placement]) -> Program | None:
        living = {p.id for island in self._now.islands.values() for p in island}
        entering = [m.program for m in moves if m.living and m.program not in living]
        return self._stage.population.get(entering[0]) if entering else None

    def _heeding(self, count: int) -> Progress:
        """Where the campaign would stand after some more orders."""
        if not count:
            return self._now
        now = self._now
        then = replace(
            now, pinned=set(now.pinned), banned=set(now.banned), wanted=deque()
        )
        for order in self._unheeded[:count]:
            then.heed(order)
        return then

    def _heed(self, count: int) -> None:
        for order in self._unheeded[:count]:
            self._now.heed(order)
        del self._unheeded[:count]


def _moves(placements: Sequence[Placement]) -> tuple[list[list[object]], ...]:
    return (
        [[p.island, p.program] for p in placements if p.living],
        [[p.island, p.program] for p in placements if not p.living],
    )


def _moves_of(event: dict[str, Any]) -> tuple[list[list[object]], ...]:
    return event["enters"], event["leaves"]

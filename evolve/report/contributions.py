"""What each operator, author, island and note brought, and what that cost.

A pure function of the population's facts, in the order in which they became known.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from evolve.ports import Population
from evolve.records import EMBEDDER, Note, Operator, Program

OFFLINE = "offline"

_NO_NOTE = -1
_FOLLOWING = frozenset({"proposer", "repairer"})
"""Roles whose prompts may hold a note to follow."""


@dataclass(slots=True, kw_only=True)
class Contribution:
    """What one source of candidates brought.

    Attributes
    ----------
    programs, failures
        Judged candidates, and those of them without a score.
    rejections
        Proposals that became no program.
    better
        Programs with a lower score than their first parent.
    records
        Programs with a lower score than every program before.
    cpu_seconds
        Used by its candidates on train.
    calls, unpriced_calls
        Model calls, and those without a reported cost.
    tokens, cost_usd
        Sums over the calls that reported them.
    """

    name: str
    programs: int = 0
    failures: int = 0
    rejections: int = 0
    better: int = 0
    records: int = 0
    cpu_seconds: float = 0.0
    calls: int = 0
    unpriced_calls: int = 0
    tokens: int = 0
    cost_usd: float = 0.0

    @property
    def better_per_program(self) -> float | None:
        """Share of programs that improve on their parent; None without programs."""
        return self.better / self.programs if self.programs else None

    @property
    def better_per_usd(self) -> float | None:
        """Improvements on a parent for a dollar; None if costs are not all known."""
        known = self.cost_usd > 0 and not self.unpriced_calls
        return self.better / self.cost_usd if known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributions:
    """The same facts, summed in several ways; each by name.

    Attributes
    ----------
    notes
        Directions and advice that were followed, by number, and what came of the
        models' proposals without any. Empty if none was followed.
    """

    operators: tuple[Contribution, ...]
    authors: tuple[Contribution, ...]
    islands: tuple[Contribution, ...]
    notes: tuple[Contribution, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """Where a fact belongs; ``note`` is None where none could be followed."""

    operator: str
    author: str
    island: int
    note: int | None


class _Steps:
    """What is known of steps from the calls that they made."""

    def __init__(self) -> None:
        self._models: dict[int, str] = {}
        self._notes: dict[int, int] = {}

    def asked(self, call: dict[str, Any]) -> None:
        """Take note of a call."""
        if call["role"] == EMBEDDER:
            return  # it is no author
        self._models[call["step"]] = call["model"]
        note = _note(call)
        if note is not None:
            self._notes[call["step"]] = note

    def source(self, step: int, operator: str, island: int) -> _Source:
        """Tell where the outcome of a step belongs."""
        return _Source(
            operator=operator,
            author=_author(operator, self._models.get(step)),
            island=island,
            note=self._notes.get(step),
        )


class _Sums:
    """Adds facts to an operator, an author, an island and a note at once."""

    def __init__(self) -> None:
        self._tables: tuple[dict[str, Contribution], ...] = ({}, {}, {})
        self._notes: dict[int, Contribution] = {}

    def of(self, source: _Source) -> list[Contribution]:
        names = (source.operator, source.author, str(source.island))
        lines = [
            table.setdefault(name, Contribution(name=name))
            for table, name in zip(self._tables, names, strict=True)
        ]
        if source.note is not None:
            unnamed = Contribution(name="no note")
            lines.append(self._notes.setdefault(source.note, unnamed))
        return lines

    def result(self, notes: Sequence[Note]) -> Contributions:
        operators, authors, islands = (
            tuple(table[name] for name in sorted(table)) for table in self._tables
        )
        for note in notes:
            if note.number in self._notes:
                name = f"{note.kind.value} {note.number}: {note.title}"
                self._notes[note.number].name = name
        followed = any(number != _NO_NOTE for number in self._notes)
        lines = [line for _, line in sorted(self._notes.items())]
        return Contributions(
            operators=operators,
            authors=authors,
            islands=islands,
            notes=tuple(lines) if followed else (),
        )


def contributions(population: Population) -> Contributions:
    """Sum up a campaign by operator, author (model, or how else), island and note."""
    sums, steps = _Sums(), _Steps()
    calls: dict[tuple[int, int], dict[str, Any]] = {}
    ranks = _Ranks()
    for kind, fact in _events(population):
        match kind:
            case "call":
                steps.asked(fact)
                calls[fact["step"], fact["turn"]] = fact
            case "response":
                _pay(sums, calls.pop((fact["step"], fact["turn"])), fact)
            case "rejection" | "program":
                lines = sums.of(
                    steps.source(fact["step"], fact["operator"], fact["island"])
                )
                if kind == "program":
                    ranks.count(fact, lines)
                else:
                    _reject(lines)
    for call in calls.values():
        _pay(sums, call, {})
    for program in _programs(population):
        candidate = program.candidate
        operator = candidate.operator.value
        for line in sums.of(steps.source(candidate.step, operator, candidate.island)):
            line.cpu_seconds += program.evaluation.cpu_seconds
    return sums.result(population.notes())


class _Ranks:
    """Scores so far, against which a new program is counted."""

    def __init__(self) -> None:
        self._scores: dict[str, float | None] = {}
        self._best = float("inf")

    def count(self, fact: dict[str, Any], lines: list[Contribution]) -> None:
        score = self._scores[fact["id"]] = fact["score"]
        parent = self._scores.get(next(iter(fact["parents"]), ""))
        for line in lines:
            line.programs += 1
            line.failures += score is None
            if score is not None:
                line.better += parent is not None and score < parent
                line.records += score < self._best
        if score is not None:
            self._best = min(self._best, score)


def _pay(sums: _Sums, call: dict[str, Any], answer: dict[str, Any]) -> None:
    counts = (answer.get("prompt_tokens"), answer.get("completion_tokens"))
    cost = answer.get("cost_usd")
    source = _Source(
        operator=call["operator"],
        author=call["model"],
        island=call["island"],
        note=_note(call),
    )
    for line in sums.of(source):
        line.calls += 1
        line.unpriced_calls += cost is None
        line.tokens += sum(count or 0 for count in counts)
        line.cost_usd += cost or 0.0


def _reject(lines: Sequence[Contribution]) -> None:
    for line in lines:
        line.rejections += 1


def _note(call: dict[str, Any]) -> int | None:
    """Return the number of the note that a call follows; None if it cannot."""
    if call["role"] not in _FOLLOWING:
        return None
    return _NO_NOTE if call["note"] is None else int(call["note"])


def _author(operator: str, model: str | None) -> str:
    if model is not None:
        return model
    return operator if operator in {Operator.SEED, Operator.TOLD} else OFFLINE


def _events(population: Population) -> Iterator[tuple[str, dict[str, Any]]]:
    after = -1
    while page := population.events(after):
        yield from ((event.kind, dict(event.payload)) for event in page)
        after = page[-1].seq


def _programs(population: Population) -> Iterator[Program]:
    after = -1
    while page := population.programs(after):
        yield from page
        after = page[-1].candidate.step

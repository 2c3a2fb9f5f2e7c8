"""What each operator, author and island brought, and what that cost.

A pure function of the population's facts, in the order in which they became known.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evolve.ports import Population
from evolve.records import Operator, Program

OFFLINE = "offline"


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
    """The same facts, summed in three ways; each by name."""

    operators: tuple[Contribution, ...]
    authors: tuple[Contribution, ...]
    islands: tuple[Contribution, ...]


class _Sums:
    """Adds facts to an operator, an author and an island at once."""

    def __init__(self) -> None:
        self._tables: tuple[dict[str, Contribution], ...] = ({}, {}, {})

    def of(self, operator: str, author: str, island: int) -> list[Contribution]:
        names = (operator, author, str(island))
        return [
            table.setdefault(name, Contribution(name=name))
            for table, name in zip(self._tables, names, strict=True)
        ]

    def result(self) -> Contributions:
        operators, authors, islands = (
            tuple(table[name] for name in sorted(table)) for table in self._tables
        )
        return Contributions(operators=operators, authors=authors, islands=islands)


def contributions(population: Population) -> Contributions:
    """Sum up a campaign by operator, by author (model, or how else) and by island."""
    sums, models = _Sums(), dict[int, str]()
    calls: dict[tuple[int, int], dict[str, Any]] = {}
    ranks = _Ranks()
    for kind, fact in _events(population):
        match kind:
            case "call":
                models[fact["step"]] = fact["model"]
                calls[fact["step"], fact["turn"]] = fact
            case "response":
                _pay(sums, calls.pop((fact["step"], fact["turn"])), fact)
            case "rejection":
                for line in sums.of(*_source(fact, models)):
                    line.rejections += 1
            case "program":
                ranks.count(fact, sums.of(*_source(fact, models)))
    for call in calls.values():
        _pay(sums, call, {})
    for program in _programs(population):
        candidate = program.candidate
        operator = candidate.operator.value
        author = _author(operator, models.get(candidate.step))
        for line in sums.of(operator, author, candidate.island):
            line.cpu_seconds += program.evaluation.cpu_seconds
    return sums.result()


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
    for line in sums.of(call["operator"], call["model"], call["island"]):
        line.calls += 1
        line.unpriced_calls += cost is None
        line.tokens += sum(count or 0 for count in counts)
        line.cost_usd += cost or 0.0


def _source(fact: dict[str, Any], models: dict[int, str]) -> tuple[str, str, int]:
    operator = fact["operator"]
    return operator, _author(operator, models.get(fact["step"])), fact["island"]


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

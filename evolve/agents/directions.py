"""Directions for a search that does not get further: pure decisions.

Source of the mechanism: the paradigm shift of AdaEvolve. Other than there, stagnation
is measured on every judged program, and what came of a direction is computed from the
programs that followed it.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evolve.llm.gains import relative_gain
from evolve.ports import View
from evolve.records import Note, Operator, Program, ProgramId
from prompts import line

SUCCESS = 0.001
"""Least relative gain over a parent that counts as one."""

TEXT_CHARS = 2000
"""Longest text of a direction."""

_FENCED = re.compile(r"^\s*(`{3,}|~{3,})[^\n]*\n(.*?)^\s*\1", re.DOTALL | re.MULTILINE)
_TRAILING = re.compile(r",(\s*[\]}])")
_TITLES = ("title", "name", "direction")
_IDEAS = ("idea", "advice", "description", "approach", "what", "why")

_MOST_CHARS = 100_000


def stagnant(view: View, window: int, least: float = SUCCESS) -> bool:
    """Whether the last ``window`` judged programs made the best one hardly better.

    Better means a relative gain of at least ``least`` over the best one before them.
    """
    recent = view.recent
    if view.best is None or view.best.score is None or len(recent) < window:
        return False
    start = recent[-window].candidate.step
    known = [*recent, *(p for living in view.islands.values() for p in living)]
    before = [
        program.score
        for program in (*known, view.best)
        if program.score is not None and program.candidate.step < start
    ]
    return bool(before) and relative_gain(min(before), view.best.score) < least


def judged_since(view: View, step: int) -> int:
    """Count the judged programs after a step, as far back as the view goes."""
    return sum(program.candidate.step > step for program in view.recent)


def next_direction(
    notes: Sequence[Note], uses: Mapping[int, int], most: int
) -> Note | None:
    """Direction to follow: the least used one, the older of equals; None if all are."""
    able = [note for note in notes if uses.get(note.number, 0) < most]
    return min(able, key=lambda n: (uses.get(n.number, 0), n.number), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What came of a direction: ``gain`` is the largest over a parent, relative."""

    title: str
    uses: int
    gain: float

    @property
    def outcome(self) -> str:
        """``SUCCESS``, ``FAILED``, or that nobody has tried it."""
        if self.gain > SUCCESS:
            return "SUCCESS"
        return "FAILED" if self.uses else "NOT TRIED"


def followed(
    notes: Sequence[Note],
    uses: Mapping[int, int],
    programs: Iterable[Program],
    scores: Mapping[ProgramId, float | None],
) -> list[Followed]:
    """Sum up the directions of a campaign."""
    gains: dict[int, float] = {}
    for program in programs:
        number = program.candidate.note
        if number is not None:
            gain = _gain(program, scores)
            gains[number] = max(gains.get(number, 0.0), gain)
    return [
        Followed(
            title=note.title,
            uses=uses.get(note.number, 0),
            gain=gains.get(note.number, 0.0),
        )
        for note in notes
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorRow:
    """What an operator brought lately; ``gain`` is the largest over a parent."""

    operator: Operator
    programs: int
    failed: int
    better: int
    gain: float


def by_operator(
    programs: Sequence[Program], scores: Mapping[ProgramId, float | None]
) -> list[OperatorRow]:
    """Sum up programs by the operator that made them; seeds are left out."""
    rows = []
    for operator in Operator:
        made = [p for p in programs if p.candidate.operator is operator]
        if not made or operator is Operator.SEED:
            continue
        gains = [_gain(program, scores) for program in made]
        rows.append(
            OperatorRow(
                operator=operator,
                programs=len(made),
                failed=sum(program.score is None for program in made),
                better=sum(gain > 0 for gain in gains),
                gain=max(gains),
            )
        )
    return rows


def parse_directions(text: str, most: int) -> tuple[tuple[str, str], ...]:
    """Read title and text of the directions in an answer; none if there are none.

    Accepts what models make of the form: no fence, an object around the list, other
    names of keys, plain strings, commas at ends. Never raises.
    """
    for found in _documents(text[:_MOST_CHARS]):
        read = [direction for entry in _entries(found) if (direction := _read(entry))]
        if read:
            return tuple(dict(reversed(read)).items())[::-1][:most]
    return ()


def _documents(text: str) -> Iterator[Any]:
    parts = [match[2] for match in _FENCED.finditer(text)]
    for start, end in ("[]", "{}"):
        first, last = text.find(start), text.rfind(end)
        if 0 <= first < last:
            parts.append(text[first : last + 1])
    for part in parts:
        try:
            yield json.loads(_TRAILING.sub(r"\1", part), strict=False)
        except (ValueError, RecursionError):
            continue


def _entries(found: Any) -> list[Any]:
    if isinstance(found, dict):
        lists = [value for value in found.values() if isinstance(value, list)]
        return lists[0] if lists and not _read(found) else [found]
    return found if isinstance(found, list) else []


def _read(entry: Any) -> tuple[str, str] | None:
    if isinstance(entry, str):
        entry = {"idea": entry}
    if not isinstance(entry, dict):
        return None
    plain = {
        str(key).lower(): value.strip()
        for key, value in entry.items()
        if isinstance(value, str) and value.strip()
    }
    ideas = [plain[key] for key in _IDEAS if key in plain]
    title = next((plain[key] for key in _TITLES if key in plain), "")
    if not ideas and not title:
        return None
    if "caution" in plain:
        ideas.append(f"Caution: {plain['caution']}")
    told = "\n\n".join(ideas) or title
    return line(title or told, 120), told[:TEXT_CHARS]


def _gain(program: Program, scores: Mapping[ProgramId, float | None]) -> float:
    parents = program.candidate.parents
    if not parents or parents[0] not in scores:
        return 0.0
    return relative_gain(scores[parents[0]], program.score)

"""Skills: changes that helped more than once, mined from lineage without a model.

Pairs of parent and child are grouped by the words that the change adds to the evolve
block and takes from it, constants left out. Pure functions of programs.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from statistics import median

from evolve.program import split_blocks
from evolve.records import Note, NoteKind, Program, ProgramId

LEAST_PARENTS = 2
"""Different parents that a change must have helped to be a skill."""

LONGEST_KEY = 12
"""Words of a change; a longer one is another program, not a change of one."""

_WORD = re.compile(r"[A-Za-z_][\w.]*|\d[\w.]*|\*\*|//|[<>=!]=|[-+*/%<>]")
_HEAD = "Change: "
_EXAMPLE_LINES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What was done to a parent, and what came of it.

    Attributes
    ----------
    key
        Words added (``+``) and removed (``-``), sorted; ``constants`` if there are
        none but numbers.
    gain
        Relative fall of the gap, 0.1 is a tenth of the parent's; negative if it
        rose, None if the child failed.
    removed, added
        Lines.
    """

    parent: ProgramId
    child: ProgramId
    key: str
    gain: float | None
    removed: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """A change that helped several parents.

    Attributes
    ----------
    helped, tried
        How often it lowered the gap by enough, of how many times that it was made.
    gain
        Median of the relative gains where it helped.
    example
        The use with the largest gain.
    """

    key: str
    helped: int
    tried: int
    gain: float
    example: Change

    def note(self, step: int | None) -> Note:
        """Write it down."""
        title = (
            f"{self.key}: lowered the gap in {self.helped} of {self.tried} uses, "
            f"by {100 * self.gain:.1f} % of itself in the median"
        )
        example = self.example
        lines = [f"-{line}" for line in example.removed]
        lines += [f"+{line}" for line in example.added]
        best = 0.0 if example.gain is None else example.gain
        use = (
            f"Its best use, {example.parent[:12]} to {example.child[:12]}, lowered "
            f"the gap by {100 * best:.1f} % of itself:"
        )
        text = "\n".join(
            [
                f"{_HEAD}{self.key}",
                use,
                *lines[:_EXAMPLE_LINES],
            ]
        )
        return Note(kind=NoteKind.SKILL, title=title, text=text, step=step)


def key_of(note: Note) -> str:
    """Return the key of a skill's note; empty for any other note."""
    first = note.text.partition("\n")[0]
    return first.removeprefix(_HEAD) if first.startswith(_HEAD) else ""


def changes(programs: Mapping[ProgramId, Program]) -> list[Change]:
    """Compare each program with its first parent, where both are there.

    Parents without a gap, or at zero, leave nothing to compare with.
    """
    found = []
    for child in programs.values():
        parent = programs.get(next(iter(child.candidate.parents), ProgramId("")))
        if parent is None or not parent.score or parent.score < 0:
            continue
        removed, added = _lines(parent, child)
        key = _key(removed, added)
        if key is None:
            continue
        gain = None if child.score is None else 1 - child.score / parent.score
        found.append(
            Change(
                parent=parent.id,
                child=child.id,
                key=key,
                gain=gain,
                removed=removed,
                added=added,
            )
        )
    return found


def mine(found: Iterable[Change], *, least_gain: float) -> list[Skill]:
    """Group changes; give those that helped several parents, most helpful first."""
    groups: dict[str, list[Change]] = {}
    for change in found:
        groups.setdefault(change.key, []).append(change)
    skills = []
    for key, uses in groups.items():
        helped = [(u.gain, u) for u in uses if u.gain is not None]
        helped = [(gain, use) for gain, use in helped if gain >= least_gain]
        if len({use.parent for _, use in helped}) < LEAST_PARENTS:
            continue
        skills.append(
            Skill(
                key=key,
                helped=len(helped),
                tried=len(uses),
                gain=median(gain for gain, _ in helped),
                example=max(helped, key=lambda pair: pair[0])[1],
            )
        )
    return sorted(skills, key=lambda s: (-s.helped, -s.gain, s.key))


def _lines(parent: Program, child: Program) -> tuple[tuple[str, ...], tuple[str, ...]]:
    old, new = _block(parent), _block(child)
    removed: list[str] = []
    added: list[str] = []
    for kind, a, b, c, d in SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if kind != "equal":
            removed += old[a:b]
            added += new[c:d]
    return tuple(removed), tuple(added)


def _block(program: Program) -> list[str]:
    source = program.candidate.source
    blocks = split_blocks(source)
    text = source if blocks is None else blocks.block
    lines = (line.partition("#")[0].rstrip() for line in text.split("\n"))
    return [line for line in lines if line.strip()]


def _key(removed: Sequence[str], added: Sequence[str]) -> str | None:
    """Name a change by its words; None if there is none, or too much of it."""
    if not removed and not added:
        return None
    old, new = _words(removed), _words(added)
    plus = sorted((new - old).elements())
    minus = sorted((old - new).elements())
    words = [f"+{word}" for word in plus] + [f"-{word}" for word in minus]
    if len(words) > LONGEST_KEY:
        return None
    return " ".join(words) or "constants"


def _words(lines: Sequence[str]) -> Counter[str]:
    words = _WORD.findall("\n".join(lines))
    return Counter(word for word in words if not word[0].isdigit())

"""What of a campaign helps in a prompt: pure functions of its programs."""

from collections.abc import Iterable, Mapping, Sequence

from evaluators.base import Status
from evolve.ports import View
from evolve.progress import rank
from evolve.records import Note, NoteKind, Program
from prompts import line

WORST_SHARE = 1 / 3
"""Part of the instances of a program that count as its weak ones."""

DIGEST = 12
"""Titles of notes in a prompt."""

HINTS = 3
"""Wishes of the user in a prompt, the latest ones."""

_APART = frozenset({NoteKind.HINT, NoteKind.GUIDANCE})
"""Notes that stand in prompts on their own, or not at all."""


def gaps(program: Program) -> dict[str, float]:
    """Gap by instance, of the instances that have one."""
    verdicts = program.evaluation.verdicts
    return {v.instance: v.gap for v in verdicts if v.gap is not None}


def weak_instances(program: Program) -> list[str]:
    """Instances on which a program is worst, the worst first."""
    own = gaps(program)
    ranked = sorted(own, key=lambda name: (-own[name], name))
    return ranked[: max(round(len(ranked) * WORST_SHARE), 1)]


def strengths(program: Program, parent: Program, most: int = 3) -> tuple[str, ...]:
    """Weak instances of ``parent`` on which ``program`` is better, by how much."""
    own, other = gaps(program), gaps(parent)
    better = {
        name: other[name] - own[name]
        for name in weak_instances(parent)
        if name in own and own[name] < other[name]
    }
    return tuple(sorted(better, key=lambda name: (-better[name], name))[:most])


def inspirations(
    parents: Sequence[Program], view: View, count: int
) -> tuple[Program, ...]:
    """Programs that are good where the first parent is worst; the best one first.

    Each next one is chosen for what it adds to those before it, so that different
    strengths are shown; where nothing is added the better score decides.
    """
    shown = {parent.id for parent in parents}
    pool = {
        program.id: program
        for living in view.islands.values()
        for program in living
        if program.id not in shown and program.score is not None
    }
    weak = weak_instances(parents[0])
    level = {name: gap for name, gap in gaps(parents[0]).items() if name in weak}
    by_gap = {name: gaps(program) for name, program in pool.items()}
    left = sorted(pool.values(), key=rank)
    chosen: list[Program] = []
    while left and len(chosen) < count:
        # max() takes the first of equals: the one with the better score.
        best = max(left, key=lambda program: _added(by_gap[program.id], level))
        left.remove(best)
        chosen.append(best)
        own = by_gap[best.id]
        level = {name: min(gap, own.get(name, gap)) for name, gap in level.items()}
    return tuple(sorted(chosen, key=rank))


def siblings(parent: Program, recent: Iterable[Program], most: int) -> tuple[str, ...]:
    """Say in a line each what became of the last children of a program."""
    children = [p for p in recent if p.candidate.parents[:1] == (parent.id,)]
    return tuple(_tried(child, parent) for child in children[-most:])


def failures(
    recent: Iterable[Program], *, island: int, since: int, most: int
) -> tuple[Program, ...]:
    """Failed programs of an island that are not older than step ``since``."""
    failed = [
        program
        for program in recent
        if program.score is None
        and program.candidate.island == island
        and program.candidate.step >= since
    ]
    return tuple(failed[-most:]) if most else ()


def digest(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Return the latest notes of what was learned: prompts hold their titles."""
    return tuple(n for n in notes if n.kind not in _APART)[-DIGEST:]


def hints(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Return the latest wishes of the user."""
    return tuple(note for note in notes if note.kind is NoteKind.HINT)[-HINTS:]


def passed(program: Program) -> int:
    """Count the instances that a program did not fail on."""
    return sum(v.status is Status.OK for v in program.evaluation.verdicts)


def _added(own: Mapping[str, float], level: Mapping[str, float]) -> float:
    return sum(max(level[name] - own[name], 0.0) for name in level if name in own)


def _tried(child: Program, parent: Program) -> str:
    why = line(child.candidate.rationale, 160) or child.candidate.operator.value
    if child.score is None:
        return f"- failed ({child.evaluation.status}): {why}"
    if parent.score is None:
        return f"- works, gap {100 * child.score:.2f} %: {why}"
    change = child.score - parent.score
    came = "better" if change < 0 else "worse" if change > 0 else "no change"
    return f"- gap {100 * child.score:.2f} %, {came}: {why}"

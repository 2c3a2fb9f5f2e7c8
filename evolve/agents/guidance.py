"""Guidance that evolves: paragraphs of advice compete to stand in prompts.

Sources of the mechanism: the prompts that AlphaEvolve evolves along with programs, and
the prompt archive of ShinkaEvolve. Other than there, the prompt without advice competes
too; what counts is how far a step improved on its parent, not its score; and a step
under way counts as a use. Pure decisions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from evolve.llm.bandit import WINDOW, Arm, Pull, arms
from evolve.records import Note

PLAIN = "none"
"""Name of the arm that gives no advice."""

TRIALS = 8
"""Uses before a paragraph may have to make room for others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What came of the prompts with a paragraph, among the last ``WINDOW`` steps.

    Attributes
    ----------
    name
        Number of the note, or ``PLAIN``.
    uses, judged
        Prompts, and those of them whose step has its outcome.
    better
        Steps that improved on their parent.
    gain
        The largest improvement, as a share of the parent's gap.
    reward
        Decayed mean rank of the improvements, from 0 to 1: what the choice follows.
    living
        Whether it is still chosen.
    """

    name: str
    title: str
    text: str
    uses: int
    judged: int
    better: int
    gain: float
    reward: float
    living: bool


def competing(
    notes: Sequence[Note], pulls: Sequence[Pull], *, step: int, most: int
) -> dict[str, Arm]:
    """Return the arms to choose from: no advice, and the ``most`` best paragraphs.

    One that was never tried comes first, and one that was tried less than ``TRIALS``
    times before any other, whatever came of it. One that made room stays away: it is
    neither new nor used.
    """
    found = arms(pulls, [PLAIN, *(str(note.number) for note in notes)])
    able = [
        note
        for note in notes
        if found[str(note.number)].pulls
        or (note.step is not None and note.step > step - WINDOW)
    ]

    def worth(note: Note) -> tuple[bool, bool, float, int]:
        arm = found[str(note.number)]
        return not arm.pulls, arm.pulls < TRIALS, arm.mean, note.number

    stays = {note.number for note in sorted(able, key=worth, reverse=True)[:most]}
    names = [PLAIN, *(str(note.number) for note in notes if note.number in stays)]
    return {name: found[name] for name in names}


def due(pulls: Sequence[Pull], asked: int, every: int) -> bool:
    """Whether enough came of the steps from ``asked`` on to ask for a paragraph."""
    return sum(p.gain is not None and p.step >= asked for p in pulls) >= every


def tallies(
    notes: Sequence[Note], pulls: Sequence[Pull], *, step: int, most: int
) -> list[Tally]:
    """Sum up what came of each paragraph that was used, the most helpful one first."""
    living = competing(notes, pulls, step=step, most=most)
    found = arms(pulls, [PLAIN, *(str(note.number) for note in notes)])
    texts = {str(note.number): note for note in notes}
    rows = []
    for name, arm in found.items():
        gains = [p.gain for p in pulls if p.model == name and p.gain is not None]
        note = texts.get(name)
        if arm.pulls:
            rows.append(
                Tally(
                    name=name,
                    title="no advice" if note is None else note.title,
                    text="" if note is None else note.text,
                    uses=arm.pulls,
                    judged=len(gains),
                    better=sum(gain > 0 for gain in gains),
                    gain=max(gains, default=0.0),
                    reward=arm.mean,
                    living=name in living,
                )
            )
    return sorted(rows, key=lambda row: -row.reward)

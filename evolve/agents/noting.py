"""Notes that a strong model writes: the question, what it is shown, and the keeping.

What a model says is data: before it may stand in a prompt, characters that control or
hide are taken out of it, and so is what marks a place in a program or an edit.
"""

import logging
import re
import unicodedata
from collections.abc import Iterable

from evolve.agents.directions import by_operator, parse_directions
from evolve.llm.asking import Ask
from evolve.llm.choosing import hints
from evolve.llm.prompting import Numbers, PromptLimits, view
from evolve.ports import Brief, Population, View
from evolve.progress import rank
from evolve.records import Note, NoteKind, Operator, Program, ProgramId, Proposal
from prompts.records import Prompt

log = logging.getLogger(__name__)

_MARKS = re.compile(
    r"#?[ \t]*EVOLVE-BLOCK-(START|END)|<{5,}|={5,}|>{5,}", re.IGNORECASE
)


def question(brief: Brief, role: str, prompt: Prompt) -> Ask:
    """Ask a strong model in the turn of a brief."""
    return Ask(
        step=brief.step,
        turn=brief.turn,
        role=role,
        prompt=prompt,
        operator=Operator.AGENT,
        island=brief.island,
        parents=tuple(dict.fromkeys(parent.id for parent in brief.parents)),
        strong=True,
    )


def known(look: View) -> dict[ProgramId, Program]:
    """Programs that a view shows: those that live and the recent ones."""
    living = [program for island in look.islands.values() for program in island]
    return {program.id: program for program in (*living, *look.recent)}


def scores_of(
    programs: Iterable[Program], population: Population
) -> dict[ProgramId, float | None]:
    """Scores of programs and of their parents, who may be gone."""
    shown = list(programs)
    scores = {program.id: program.score for program in shown}
    for program in shown:
        for parent in program.candidate.parents[:1]:
            if parent not in scores:
                scores[parent] = population.get(parent).score
    return scores


def situation(
    look: View,
    population: Population,
    *,
    best: int,
    limits: PromptLimits,
    numbers: Numbers,
) -> dict[str, object]:
    """Say where the search stands, in the names of the templates.

    Parameters
    ----------
    best
        How many of the best programs are shown.
    """
    programs, recent = known(look), list(look.recent)
    ranked = sorted((p for p in programs.values() if p.score is not None), key=rank)
    return {
        "hints": hints(population.notes(NoteKind.HINT)),
        "judged": len(recent),
        "operators": by_operator(recent, scores_of(programs.values(), population)),
        "best": [view(program, limits, numbers) for program in ranked[:best]],
    }


def keep(
    population: Population, kind: NoteKind, proposal: Proposal, *, most: int, chars: int
) -> None:
    """Make notes of an answer; what is a note already is left out.

    Parameters
    ----------
    most
        Notes that one answer may give.
    chars
        Longest text of a note.
    """
    step, response = proposal.call.step, proposal.response
    found = parse_directions("" if response is None else response.text, most)
    if not found:
        log.warning("step %d: no %s in the answer", step, kind.value)
    notes = population.notes(kind)
    titles = {note.title for note in notes if note.step == step}
    texts = {note.text for note in notes}
    for title, told in found:
        note = Note(kind=kind, title=clean(title), text=clean(told)[:chars], step=step)
        if note.text and note.title not in titles and note.text not in texts:
            population.add_note(note)
            texts.add(note.text)


def clean(text: str) -> str:
    """Take out of a text what is no text, and what marks places in programs."""
    plain = "".join(
        char
        if char in "\n\t" or not unicodedata.category(char).startswith("C")
        else " "
        for char in text
    )
    return _MARKS.sub(" ", plain).strip()

"""A proposer whose steps are research sessions."""

from collections.abc import Sequence

import numpy as np

from evolve.agents import skills
from evolve.agents.glia.session import ResearchSession, Start
from evolve.agents.glia.workbench import Laboratory
from evolve.llm.asking import Asker
from evolve.ports import Brief
from evolve.records import Candidate, NoteKind, Program, Proposal, Rejection
from problems.base import BLOCK_END, BLOCK_START, Split
from prompts import render
from prompts.records import Prompt

_SOURCE_CHARS = 16_000


class GliaProposer:
    """Makes each candidate in a session of Researcher and Supervisor.

    Sessions of steps that are under way at once know nothing of each other but what
    the population holds: programs and notes.

    Parameters
    ----------
    lab
        What all sessions share; the tracer is the evaluator of the campaign.
    asker
        The only way to models.
    """

    def __init__(self, lab: Laboratory, asker: Asker) -> None:
        self._lab = lab
        self._asker = asker

    async def propose(
        self, brief: Brief, rng: np.random.Generator
    ) -> Candidate | Rejection:
        """Hold a session.

        Raises
        ------
        BudgetExhausted
            If there is no room in the budget for its first call.
        ModelUnavailableError
            If no call can work.
        """
        self._learn(brief)
        start = Start(brief=brief, opening=self._opening(brief), recorded=())
        return await ResearchSession(self._lab, self._asker, start, rng).run()

    async def resume(
        self, brief: Brief, dialogue: Sequence[Proposal], rng: np.random.Generator
    ) -> Candidate | Rejection:
        """Bring a session to its end that an earlier process began.

        It goes on from the opening that was sent, whatever is remembered since.
        """
        opening = dialogue[0].call.prompt
        start = Start(brief=brief, opening=opening, recorded=dialogue)
        return await ResearchSession(self._lab, self._asker, start, rng).run()

    def _learn(self, brief: Brief) -> None:
        """Keep the skills that the recent programs show and no note holds."""
        population = self._lab.population
        programs = {program.id: program for program in brief.view.recent}
        wanted = {
            p.candidate.parents[0] for p in brief.view.recent if p.candidate.parents
        }
        programs |= {key: population.get(key) for key in wanted - programs.keys()}
        found = skills.mine(
            skills.changes(programs), least_gain=self._lab.settings.skill_gain
        )
        known = {skills.key_of(note) for note in population.notes(NoteKind.SKILL)}
        for skill in found:
            if skill.key not in known:
                population.add_note(skill.note(brief.step))

    def _opening(self, brief: Brief) -> Prompt:
        lab, parent = self._lab, brief.parents[0]
        best = brief.view.best
        others = [p for p in brief.parents if p.id != parent.id]
        shown = [parent, *others[:1], *([best] if best else [])]
        _must_be_train(shown)
        kept = lab.population.notes()
        notes = [note for note in kept if note.kind is not NoteKind.GUIDANCE]
        return render(
            "researcher",
            problem=lab.problem,
            entry_point=lab.entry_point,
            block_start=BLOCK_START,
            block_end=BLOCK_END,
            turns=lab.settings.turns,
            source_chars=_SOURCE_CHARS,
            notes=notes[max(len(notes) - lab.settings.digest, 0) :],
            parent=parent,
            other=others[0] if others else None,
            best=None if best is None or best.id == parent.id else best,
        )


def _must_be_train(programs: Sequence[Program]) -> None:
    for program in programs:
        if program.evaluation.split is not Split.TRAIN:
            raise ValueError(
                f"program {program.id} brings a {program.evaluation.split} outcome; "
                "prompts may show train only"
            )

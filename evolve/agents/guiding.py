"""A proposer whose prompts hold advice that evolves with the programs.

Each prompt gets one paragraph or none, which a bandit chooses by what came of the steps
before. Now and then a strong model writes another paragraph in view of the outcomes.
All that decides is in the store: the paragraphs are notes, and a call says which of
them its prompt holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from evolve.agents.guidance import PLAIN, Tally, competing, due, tallies
from evolve.agents.noting import keep, question, situation
from evolve.agents.repairing import ResumableProposer
from evolve.llm.asking import Asker
from evolve.llm.bandit import WINDOW, Pull, pick
from evolve.llm.gains import Gains, past_gains, proposals_after
from evolve.llm.prompting import (
    GUIDANCE_CHARS,
    PromptLimits,
    describe_train,
    task_context,
)
from evolve.ports import Brief, Population
from evolve.records import (
    Candidate,
    Note,
    NoteKind,
    Program,
    Proposal,
    Reason,
    Rejection,
)
from problems.base import AnyProblem, EntryPoint
from prompts import render
from prompts.records import Prompt

ROLE = "guide"
_PROPOSER = "proposer"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideSettings:
    """How advice evolves.

    Attributes
    ----------
    every
        Outcomes of prompts between two questions for a paragraph.
    paragraphs
        How many compete, next to no advice.
    best
        Programs in the question.
    shown
        Of the most and of the least helpful paragraphs, in full in the question.
    """

    every: int = 20
    paragraphs: int = 6
    best: int = 2
    shown: int = 3
    limits: PromptLimits = field(default_factory=PromptLimits)


class GuidingProposer:
    """Gives a proposer advice, unless its step follows a note already."""

    def __init__(
        self,
        inner: ResumableProposer,
        *,
        problem: AnyProblem,
        entry_point: EntryPoint,
        asker: Asker,
        population: Population,
        settings: GuideSettings,
    ) -> None:
        self._inner = inner
        self._problem = problem
        self._entry_point = entry_point
        self._asker = asker
        self._population = population
        self._settings = settings
        self._numbers = describe_train(problem)
        self._gains = Gains(population)
        self._pulls, self._asked = pulls_of(population)
        self._asking = False

    async def propose(
        self, brief: Brief, rng: np.random.Generator
    ) -> Candidate | Rejection:
        """Make one candidate, with advice or without.

        Raises
        ------
        BudgetExhausted
            If a call would break a cap.
        ModelUnavailableError
            If no call can work.
        """
        if brief.note is not None:
            return await self._inner.propose(brief, rng)
        pulls = self._window(brief.step)
        if not self._asking and due(pulls, self._asked, self._settings.every):
            self._asking, self._asked = True, brief.step
            try:
                ask = question(brief, ROLE, self._prompt(brief, pulls))
                self._keep(await self._asker.ask(ask, rng))
            finally:
                self._asking = False
            brief = replace(brief, turn=brief.turn + 1)
        return await self._guided(brief, rng)

    async def resume(
        self, brief: Brief, dialogue: Sequence[Proposal], rng: np.random.Generator
    ) -> Candidate | Rejection:
        """End a step; a paragraph that was answered is kept, not asked for again."""
        for proposal in dialogue:
            if proposal.call.role == ROLE:
                self._keep(proposal)
        said = self._population.dialogue(brief.step)
        # The given ones may lack a call whose answer never arrived.
        rest = [p for p in dialogue if p.call.role != ROLE] or [
            p for p in said if p.call.role == _PROPOSER
        ]
        if rest:
            return await self._inner.resume(brief, rest, rng)
        brief = replace(brief, turn=said[-1].call.turn + 1)
        return await self._guided(brief, rng)

    def observe(self, outcome: Program | Rejection) -> None:
        """Take note of what came of a step; a failed call says nothing of advice."""
        step, gain = self._gains.of(outcome)
        if isinstance(outcome, Rejection) and outcome.reason is Reason.MODEL_FAILED:
            self._pulls.pop(step, None)
        elif step in self._pulls:
            self._pulls[step] = replace(self._pulls[step], gain=gain)

    async def _guided(
        self, brief: Brief, rng: np.random.Generator
    ) -> Candidate | Rejection:
        notes = self._notes()
        arms = competing(
            notes,
            self._window(brief.step),
            step=brief.step,
            most=self._settings.paragraphs,
        )
        name = pick(arms, rng)
        self._pulls[brief.step] = Pull(step=brief.step, turn=brief.turn, model=name)
        chosen = next((note for note in notes if str(note.number) == name), None)
        return await self._inner.propose(replace(brief, note=chosen), rng)

    def _notes(self) -> Sequence[Note]:
        return self._population.notes(NoteKind.GUIDANCE)

    def _window(self, step: int) -> list[Pull]:
        """Return the uses of the last steps, and forget the older ones."""
        for old in [key for key in self._pulls if key <= step - 2 * WINDOW]:
            del self._pulls[old]
        return [pull for key, pull in self._pulls.items() if key > step - WINDOW]

    def _keep(self, proposal: Proposal) -> None:
        keep(
            self._population,
            NoteKind.GUIDANCE,
            proposal,
            most=1,
            chars=GUIDANCE_CHARS,
        )

    def _prompt(self, brief: Brief, pulls: Sequence[Pull]) -> Prompt:
        settings, limits = self._settings, self._settings.limits
        found = situation(
            brief.view,
            self._population,
            best=settings.best,
            limits=limits,
            numbers=self._numbers,
        )
        rows = tallies(self._notes(), pulls, step=brief.step, most=settings.paragraphs)
        return guidance_prompt(self._problem, self._entry_point, settings, rows, found)


def guidance_prompt(
    problem: AnyProblem,
    entry_point: EntryPoint,
    settings: GuideSettings,
    rows: Sequence[Tally],
    found: Mapping[str, object],
) -> Prompt:
    """Ask for a paragraph in view of the ones before, the most helpful one first.

    Parameters
    ----------
    found
        Where the search stands; see ``situation``.
    """
    written = [row for row in rows if row.name != PLAIN]
    least = written[settings.shown :][-settings.shown :]
    return render(
        "guidance",
        **task_context(problem, entry_point, settings.limits),
        **found,
        rows=rows,
        most_helpful=written[: settings.shown],
        least_helpful=least,
        chars=GUIDANCE_CHARS,
    )


def pulls_of(population: Population) -> tuple[dict[int, Pull], int]:
    """Rebuild the uses of the last steps, and when a paragraph was asked for last.

    Returns
    -------
    tuple
        Uses by step; the step of the question, -1 if there is none.
    """
    after = population.next_step() - WINDOW - 1
    past = past_gains(population, after)
    followed = {None, *(n.number for n in population.notes(NoteKind.GUIDANCE))}
    pulls: dict[int, Pull] = {}
    asked = -1
    for proposal in proposals_after(population, after):
        call = proposal.call
        gain = past.of(call.step)
        if call.role == ROLE:
            asked = call.step
        elif call.role != _PROPOSER or call.note not in followed:
            continue
        elif proposal.response is not None or gain is None:
            name = PLAIN if call.note is None else str(call.note)
            pulls[call.step] = Pull(
                step=call.step, turn=call.turn, model=name, gain=gain
            )
    return pulls, asked

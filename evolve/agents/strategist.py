"""A change of strategy: when the search stagnates, a strong model gives directions.

The strategist asks once, at the first turn of a step, and every direction becomes a
note. The steps after that follow one each, until all have been followed often enough.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from evolve.agents.directions import (
    TEXT_CHARS,
    followed,
    judged_since,
    next_direction,
    stagnant,
)
from evolve.agents.noting import keep, known, question, scores_of, situation
from evolve.agents.repairing import ResumableProposer
from evolve.llm.asking import Ask, Asker
from evolve.llm.prompting import (
    Numbers,
    PromptLimits,
    describe_train,
    task_context,
)
from evolve.ports import RECENT, Brief, Population
from evolve.records import (
    Candidate,
    Note,
    NoteKind,
    Proposal,
    Rejection,
)
from problems.base import AnyProblem, EntryPoint
from prompts import render
from prompts.records import Prompt

ROLE = "strategist"


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategySettings:
    """When the strategy changes, and how.

    Attributes
    ----------
    window
        Judged programs without progress that count as stagnation, and between two
        questions for directions.
    directions
        How many are asked for.
    uses
        Steps that follow one direction.
    best, past
        Programs and former directions in the question.
    """

    window: int = 40
    directions: int = 3
    uses: int = 5
    best: int = 3
    past: int = 10
    limits: PromptLimits = field(default_factory=PromptLimits)


class StrategistProposer:
    """Gives a proposer directions to follow when the search does not get further."""

    def __init__(
        self,
        inner: ResumableProposer,
        *,
        problem: AnyProblem,
        entry_point: EntryPoint,
        asker: Asker,
        population: Population,
        settings: StrategySettings,
    ) -> None:
        self._inner = inner
        self._problem = problem
        self._entry_point = entry_point
        self._asker = asker
        self._population = population
        self._settings = settings
        self._numbers: Numbers = describe_train(problem)
        self._uses: Counter[int] = Counter()
        self._asked = -1
        self._asking = self._remembers = False

    async def propose(
        self, brief: Brief, rng: np.random.Generator
    ) -> Candidate | Rejection:
        """Make one candidate that follows a direction, where there is one.

        Raises
        ------
        BudgetExhausted
            If a call would break a cap.
        ModelUnavailableError
            If no call can work.
        """
        self._remember(brief.step)
        if self._next() is None and self._due(brief):
            self._asking, self._asked = True, brief.step
            try:
                self._keep(await self._asker.ask(self._ask(brief), rng))
            finally:
                self._asking = False
            brief = replace(brief, turn=brief.turn + 1)
        return await self._followed(brief, rng)

    async def resume(
        self, brief: Brief, dialogue: Sequence[Proposal], rng: np.random.Generator
    ) -> Candidate | Rejection:
        """End a step; directions that were answered are kept, not asked for again."""
        self._remember(brief.step)
        rest = list(dialogue)
        if rest[0].call.role == ROLE:
            self._keep(rest.pop(0))
        brief = replace(brief, turn=dialogue[-1].call.turn + 1)
        if not rest:
            return await self._followed(brief, rng)
        note = self._note(rest[0].call.note)
        return await self._inner.resume(replace(brief, note=note), rest, rng)

    async def _followed(
        self, brief: Brief, rng: np.random.Generator
    ) -> Candidate | Rejection:
        direction = self._next()
        if direction is not None:
            self._uses[direction.number] += 1
        return await self._inner.propose(replace(brief, note=direction), rng)

    # What is known.

    def _remember(self, step: int) -> None:
        """Read from the store, once, what earlier sessions asked and followed."""
        if self._remembers:
            return
        self._remembers = True
        key = (step - 4 * RECENT, -1)
        following: set[tuple[int, int]] = set()
        while page := self._population.proposals(key):
            for call in (proposal.call for proposal in page):
                if call.role == ROLE:
                    self._asked = max(self._asked, call.step)
                if call.note is not None:
                    following.add((call.step, call.note))
            key = page[-1].call.key
        # A step follows one direction, however often it asks.
        self._uses.update(note for _, note in following)

    def _notes(self) -> Sequence[Note]:
        return self._population.notes(NoteKind.DIRECTION)

    def _note(self, number: int | None) -> Note | None:
        return next((note for note in self._notes() if note.number == number), None)

    def _next(self) -> Note | None:
        return next_direction(self._notes(), self._uses, self._settings.uses)

    def _due(self, brief: Brief) -> bool:
        window = self._settings.window
        return (
            not self._asking
            and (self._asked < 0 or judged_since(brief.view, self._asked) >= window)
            and stagnant(brief.view, window)
        )

    # The question and its answer.

    def _ask(self, brief: Brief) -> Ask:
        return question(brief, ROLE, self._prompt(brief))

    def _prompt(self, brief: Brief) -> Prompt:
        settings, limits = self._settings, self._settings.limits
        programs = known(brief.view).values()
        scores = scores_of(programs, self._population)
        past = followed(self._notes(), self._uses, programs, scores)
        return render(
            "directions",
            **task_context(self._problem, self._entry_point, limits),
            **situation(
                brief.view,
                self._population,
                best=settings.best,
                limits=limits,
                numbers=self._numbers,
            ),
            window=settings.window,
            past=past[-settings.past :],
            count=settings.directions,
        )

    def _keep(self, proposal: Proposal) -> None:
        keep(
            self._population,
            NoteKind.DIRECTION,
            proposal,
            most=self._settings.directions,
            chars=TEXT_CHARS,
        )

"""A language model as proposer: edits, rewrites and crossovers of parents."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from evolve.llm.asking import Ask, Asker
from evolve.llm.hints import hints
from evolve.llm.prompting import PromptLimits, Question, build_prompt, form_of
from evolve.patch import Refused, apply, program_id
from evolve.ports import Brief, Population
from evolve.progress import rank
from evolve.records import (
    Call,
    Candidate,
    Operator,
    Program,
    Proposal,
    Reason,
    Rejection,
)
from problems.base import AnyProblem, EntryPoint


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmSettings:
    """How the model is asked.

    Attributes
    ----------
    rewrite_share
        Share of rewrites among steps with one parent; the others are edits. Steps
        with two parents are crossovers.
    inspirations
        Further good programs in a prompt, drawn from ``inspiration_pool`` best ones.
    failures, failure_window
        Failed programs of the island in a prompt, among the last so many steps.
    """

    rewrite_share: float = 0.4
    inspirations: int = 2
    inspiration_pool: int = 8
    failures: int = 2
    failure_window: int = 30
    limits: PromptLimits = field(default_factory=PromptLimits)


class LlmProposer:
    """Asks models for candidates."""

    def __init__(
        self,
        *,
        problem: AnyProblem,
        entry_point: EntryPoint,
        asker: Asker,
        population: Population,
        settings: LlmSettings,
    ) -> None:
        self._problem = problem
        self._entry_point = entry_point
        self._asker = asker
        self._population = population
        self._settings = settings

    async def propose(
        self, brief: Brief, rng: np.random.Generator
    ) -> Candidate | Rejection:
        """Ask for one candidate.

        Raises
        ------
        BudgetExhausted
            If the call would break a cap.
        ModelUnavailableError
            If no call can work.
        """
        ask = self._ask(brief, rng)
        proposal = await self._asker.ask(ask, rng)
        return self._outcome(proposal, brief.parents[0].candidate.source)

    async def resume(
        self,
        brief: Brief,
        dialogue: Sequence[Proposal],
        rng: np.random.Generator,  # noqa: ARG002
    ) -> Candidate | Rejection:
        """Turn an answered proposal of the store into its outcome."""
        return self._outcome(dialogue[-1], brief.parents[0].candidate.source)

    # The question.

    def _ask(self, brief: Brief, rng: np.random.Generator) -> Ask:
        distinct = list({parent.id: parent for parent in brief.parents}.values())[:2]
        operator = self._operator(distinct, rng)
        prompt = build_prompt(
            Question(
                problem=self._problem,
                entry_point=self._entry_point,
                operator=operator,
                parents=distinct,
                inspirations=self._inspirations(brief, distinct, rng),
                failures=self._failures(brief.step, brief.island),
                hints=hints(self._population),
                limits=self._settings.limits,
            )
        )
        return Ask(
            step=brief.step,
            prompt=prompt,
            operator=operator,
            island=brief.island,
            parents=tuple(parent.id for parent in distinct),
        )

    def _operator(
        self, parents: Sequence[Program], rng: np.random.Generator
    ) -> Operator:
        rewrite = rng.random() < self._settings.rewrite_share
        if len(parents) > 1:
            return Operator.CROSSOVER
        # What is not shown in full can be edited, but not written again.
        shown = self._settings.limits.source_chars
        if len(parents[0].candidate.source) > shown:
            return Operator.DIFF
        return Operator.REWRITE if rewrite else Operator.DIFF

    def _inspirations(
        self, brief: Brief, parents: Sequence[Program], rng: np.random.Generator
    ) -> list[Program]:
        """Draw among the best that live: what the strategy dropped inspires nobody."""
        settings = self._settings
        shown = {parent.id for parent in parents}
        living = {p.id: p for island in brief.view.islands.values() for p in island}
        pool = sorted(living.values(), key=rank)[: settings.inspiration_pool]
        others = [program for program in pool if program.id not in shown]
        count = min(settings.inspirations, len(others))
        drawn = rng.choice(len(others), size=count, replace=False) if count else ()
        return [others[i] for i in sorted(int(number) for number in drawn)]

    def _failures(self, step: int, island: int) -> list[Program]:
        window = self._settings.failure_window
        recent = self._population.programs(max(step - window, 0) - 1, window)
        failed = [
            program
            for program in recent
            if program.score is None and program.candidate.island == island
        ]
        return failed[len(failed) - min(self._settings.failures, len(failed)) :]

    # The answer.

    def _outcome(self, proposal: Proposal, parent_source: str) -> Candidate | Rejection:
        call, response = proposal.call, proposal.response
        if response is None:
            refused = Refused(reason=Reason.MODEL_FAILED, detail=proposal.failure)
            return _rejection(call, refused)
        patched = apply(
            parent_source,
            response.text,
            entry_point=self._entry_point.name,
            form=form_of(call.operator),
            finish_reason=response.finish_reason,
        )
        if isinstance(patched, Refused):
            return _rejection(call, patched)
        return Candidate(
            id=program_id(patched.source),
            step=call.step,
            source=patched.source,
            operator=call.operator,
            island=call.island,
            parents=call.parents,
            rationale=patched.rationale,
        )


def _rejection(call: Call, refused: Refused) -> Rejection:
    return Rejection(
        step=call.step,
        operator=call.operator,
        island=call.island,
        reason=refused.reason,
        detail=refused.detail,
        parents=call.parents,
    )

"""A language model as proposer: edits, rewrites and crossovers of parents."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from evolve.llm.asking import Ask, Asker
from evolve.llm.choosing import failures, inspirations, siblings
from evolve.llm.prompting import (
    PromptLimits,
    Question,
    build_prompt,
    describe_train,
    form_of,
)
from evolve.patch import Refused, apply, program_id
from evolve.ports import Brief, Population
from evolve.records import (
    Call,
    Candidate,
    Note,
    NoteKind,
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
        Further programs in a prompt, those that are good where the parent is worst.
    siblings
        Former children of the parent in a prompt, with what became of them.
    failures, failure_window
        Failed programs of the island in a prompt, among the last so many steps.
    """

    rewrite_share: float = 0.4
    inspirations: int = 2
    siblings: int = 5
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
        self._numbers = describe_train(problem)

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
        return outcome_of(proposal, brief.parents[0], self._entry_point)

    async def resume(
        self,
        brief: Brief,
        dialogue: Sequence[Proposal],
        rng: np.random.Generator,  # noqa: ARG002
    ) -> Candidate | Rejection:
        """Turn an answered proposal of the store into its outcome."""
        return outcome_of(dialogue[-1], brief.parents[0], self._entry_point)

    # The question.

    def _ask(self, brief: Brief, rng: np.random.Generator) -> Ask:
        distinct = list({parent.id: parent for parent in brief.parents}.values())[:2]
        settings, view = self._settings, brief.view
        operator = self._operator(distinct, brief, rng)
        prompt = build_prompt(
            Question(
                problem=self._problem,
                entry_point=self._entry_point,
                operator=operator,
                parents=distinct,
                inspirations=inspirations(distinct, view, settings.inspirations),
                failures=failures(
                    view.recent,
                    island=brief.island,
                    since=brief.step - settings.failure_window,
                    most=settings.failures,
                ),
                siblings=siblings(distinct[0], view.recent, settings.siblings),
                notes=self._population.notes(),
                direction=None if _advises(brief.note) else brief.note,
                guidance=brief.note if _advises(brief.note) else None,
                numbers=self._numbers,
                limits=settings.limits,
            )
        )
        return Ask(
            step=brief.step,
            turn=brief.turn,
            note=None if brief.note is None else brief.note.number,
            prompt=prompt,
            operator=operator,
            island=brief.island,
            parents=tuple(parent.id for parent in distinct),
        )

    def _operator(
        self, parents: Sequence[Program], brief: Brief, rng: np.random.Generator
    ) -> Operator:
        rewrite = rng.random() < self._settings.rewrite_share
        if len(parents) > 1:
            return Operator.CROSSOVER
        # What is not shown in full can be edited, but not written again.
        shown = self._settings.limits.source_chars
        if len(parents[0].candidate.source) > shown:
            return Operator.DIFF
        # Another direction takes more than an edit.
        steered = brief.note is not None and not _advises(brief.note)
        return Operator.REWRITE if rewrite or steered else Operator.DIFF


def _advises(note: Note | None) -> bool:
    return note is not None and note.kind is NoteKind.GUIDANCE


def outcome_of(
    proposal: Proposal, parent: Program, entry_point: EntryPoint
) -> Candidate | Rejection:
    """Turn an answer, or the lack of one, into what comes of its step."""
    call, response = proposal.call, proposal.response
    if response is None:
        detail = proposal.failure or "interrupted before the answer arrived"
        return _rejection(call, Refused(reason=Reason.MODEL_FAILED, detail=detail))
    patched = apply(
        parent.candidate.source,
        response.text,
        entry_point=entry_point.name,
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
        note=call.note,
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

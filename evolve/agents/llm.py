"""A language model as proposer: edits, rewrites and crossovers of parents.

The order is sacred: room in the budget, the durable call, the model, the durable
response, and only then does anything read what was said. Whatever kills the process,
no answer that was paid for is lost.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from evolve.errors import ModelUnavailableError
from evolve.llm.errors import ModelCallError
from evolve.llm.ledger import Ledger, Reservation
from evolve.llm.prompting import PromptLimits, Question, build_prompt, form_of
from evolve.patch import Refused, apply, program_id
from evolve.ports import ChatModel, Population
from evolve.program import utf8
from evolve.records import (
    Call,
    Candidate,
    Operator,
    Program,
    Proposal,
    Reason,
    Rejection,
    Usage,
)
from problems.base import AnyProblem, EntryPoint
from prompts.records import Prompt

_SEED_RANGE = 1 << 31


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmSettings:
    """How the model is asked.

    Attributes
    ----------
    rewrite_share
        Share of rewrites among steps with one parent; the others are edits. Steps
        with two parents are crossovers.
    max_tokens
        Of one response; the same as in the settings of the model.
    inspirations
        Further good programs in a prompt, drawn from ``inspiration_pool`` best ones.
    failures, failure_window
        Failed programs of the island in a prompt, among the last so many steps.
    """

    rewrite_share: float = 0.4
    max_tokens: int = 4096
    inspirations: int = 2
    inspiration_pool: int = 8
    failures: int = 2
    failure_window: int = 30
    limits: PromptLimits = field(default_factory=PromptLimits)


class LlmProposer:
    """Asks a model for candidates, within the caps of a ledger.

    Raises
    ------
    ConfigError
        If the ledger caps dollars and the model has no known price.
    """

    def __init__(
        self,
        *,
        problem: AnyProblem,
        entry_point: EntryPoint,
        model: ChatModel,
        population: Population,
        ledger: Ledger,
        settings: LlmSettings,
    ) -> None:
        ledger.require_price(model.price)
        self._problem = problem
        self._entry_point = entry_point
        self._model = model
        self._population = population
        self._ledger = ledger
        self._settings = settings
        self._freed = asyncio.Event()

    async def propose(
        self,
        step: int,
        island: int,
        parents: Sequence[Program],
        rng: np.random.Generator,
    ) -> Candidate | Rejection:
        """Ask for one candidate.

        Raises
        ------
        BudgetExhausted
            If the call would break a cap.
        ModelUnavailableError
            If no call can work.
        """
        call = self._call(step, island, parents, rng)
        seed = int(rng.integers(_SEED_RANGE))
        proposal = await self._asked(call, seed)
        return self._outcome(proposal, parents[0].candidate.source)

    def settle(self, proposal: Proposal) -> Candidate | Rejection:
        """Turn an answered proposal of the store into its outcome."""
        parent = self._population.get(proposal.call.parents[0])
        return self._outcome(proposal, parent.candidate.source)

    # The question.

    def _call(
        self,
        step: int,
        island: int,
        parents: Sequence[Program],
        rng: np.random.Generator,
    ) -> Call:
        distinct = list({parent.id: parent for parent in parents}.values())[:2]
        operator = self._operator(distinct, rng)
        prompt = build_prompt(
            Question(
                problem=self._problem,
                entry_point=self._entry_point,
                operator=operator,
                parents=distinct,
                inspirations=self._inspirations(distinct, rng),
                failures=self._failures(step, island),
                limits=self._settings.limits,
            )
        )
        tokens = prompt_tokens(prompt)
        return Call(
            step=step,
            model=self._model.name,
            prompt=prompt,
            operator=operator,
            island=island,
            parents=tuple(parent.id for parent in distinct),
            reserved_tokens=tokens + self._settings.max_tokens,
            reserved_usd=self._model.price(tokens, self._settings.max_tokens),
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
        self, parents: Sequence[Program], rng: np.random.Generator
    ) -> list[Program]:
        settings = self._settings
        shown = {parent.id for parent in parents}
        pool = self._population.best(settings.inspiration_pool)
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

    async def _asked(self, call: Call, seed: int) -> Proposal:
        reservation = await self._reserved(call)
        usage = Usage()  # a call without an answer is booked as it was reserved
        try:
            self._population.record_call(call)
            try:
                response = await self._model.complete(call.prompt, seed=seed)
            except ModelCallError as error:
                self._population.record_response(call.step, None, str(error))
                return Proposal(call=call, failure=str(error))
            except ModelUnavailableError as error:
                self._population.record_response(call.step, None, str(error))
                raise
            usage = response.usage
            self._population.record_response(call.step, response, "")
            return Proposal(call=call, response=response)
        finally:
            self._ledger.settle(reservation, usage)
            self._freed.set()

    async def _reserved(self, call: Call) -> Reservation:
        """Wait for room in the budget while calls in flight may leave some."""
        while True:
            tokens, usd = call.reserved_tokens, call.reserved_usd
            reservation = self._ledger.reserve(tokens, usd)
            if reservation is not None:
                return reservation
            self._freed.clear()
            await self._freed.wait()

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


def prompt_tokens(prompt: Prompt) -> int:
    """Upper estimate of the tokens of a prompt: one for every two bytes, and a few.

    Tokenisers need one for three to four bytes of code or English.
    """
    return (len(utf8(prompt.system)) + len(utf8(prompt.user))) // 2 + 32


def _rejection(call: Call, refused: Refused) -> Rejection:
    return Rejection(
        step=call.step,
        operator=call.operator,
        island=call.island,
        reason=refused.reason,
        detail=refused.detail,
        parents=call.parents,
    )

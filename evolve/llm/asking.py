"""Asking models: room in the budget, the durable call, the model, the durable answer.

The order is sacred. Only after its last step does anything read what was said, so that
whatever kills the process, no answer that was paid for is lost.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from evolve.errors import ModelUnavailableError
from evolve.llm.errors import ModelCallError
from evolve.llm.ledger import Ledger, Reservation
from evolve.llm.sizes import prompt_tokens
from evolve.ports import ChatModel, Population
from evolve.records import Call, Operator, ProgramId, Proposal, Usage
from prompts.records import Prompt

__all__ = ["Ask", "Asker", "OneModel", "Router", "prompt_tokens"]

_SEED_RANGE = 1 << 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question before a model is chosen for it; see ``Call`` for the fields.

    Attributes
    ----------
    strong
        Whether a strong model is wanted, where there are several.
    """

    step: int
    island: int
    operator: Operator
    parents: tuple[ProgramId, ...]
    prompt: Prompt
    turn: int = 0
    role: str = "proposer"
    note: int | None = None
    strong: bool = False


class Router(Protocol):
    """Chooses a model for a question, and hears what became of it."""

    def choose(self, ask: Ask, rng: np.random.Generator) -> ChatModel:
        """Return the model to ask.

        Raises
        ------
        ModelUnavailableError
            If none can be asked.
        """

    def heard(self, proposal: Proposal) -> None:
        """Take note of a call's end: its answer or its failure, durable already."""

    def lost(self, model: str) -> bool:
        """Take note that no call to a model can work; tell whether others are left."""


@dataclass(frozen=True, slots=True)
class OneModel:
    """The router of a campaign with a single model."""

    model: ChatModel

    def choose(self, ask: Ask, rng: np.random.Generator) -> ChatModel:  # noqa: ARG002
        """Return that model."""
        return self.model

    def heard(self, proposal: Proposal) -> None:
        """Learn nothing: there is nothing to choose."""

    def lost(self, model: str) -> bool:  # noqa: ARG002
        """Tell that no other model is left."""
        return False


class Asker:
    """Asks models within the caps of a ledger.

    Parameters
    ----------
    router
        Chooses who is asked.
    max_tokens
        Of one response, as in the settings of the models; by name where they differ.
    """

    def __init__(
        self,
        *,
        router: Router,
        population: Population,
        ledger: Ledger,
        max_tokens: int | Mapping[str, int],
    ) -> None:
        self._router = router
        self._population = population
        self._ledger = ledger
        self._max_tokens = max_tokens
        self._freed = asyncio.Event()

    async def ask(self, ask: Ask, rng: np.random.Generator) -> Proposal:
        """Ask once; a call that failed for good is a proposal without a response.

        So is one to a model that cannot be used, while others can.

        Raises
        ------
        BudgetExhausted
            If the call would break a cap; nothing is recorded then.
        ModelUnavailableError
            If no call can work.
        """
        model = self._router.choose(ask, rng)
        seed = int(rng.integers(_SEED_RANGE))
        call = self._call(ask, model)
        reservation = await self._reserved(call)
        usage = Usage()  # a call without an answer is booked as it was reserved
        try:
            self._population.record_call(call)
            try:
                response = await model.complete(call.prompt, seed=seed)
            except (ModelCallError, ModelUnavailableError) as error:
                self._population.record_response(
                    call.step, None, str(error), turn=call.turn
                )
                failed = Proposal(call=call, failure=str(error))
                self._router.heard(failed)
                lost = isinstance(error, ModelUnavailableError)
                if lost and not self._router.lost(model.name):
                    raise
                return failed
            usage = response.usage
            self._population.record_response(call.step, response, "", turn=call.turn)
            answered = Proposal(call=call, response=response)
            self._router.heard(answered)
            return answered
        finally:
            self._ledger.settle(reservation, usage)
            self._freed.set()

    def _call(self, ask: Ask, model: ChatModel) -> Call:
        tokens = prompt_tokens(ask.prompt)
        longest = self._max_tokens
        if not isinstance(longest, int):
            longest = longest[model.name]
        return Call(
            step=ask.step,
            turn=ask.turn,
            role=ask.role,
            note=ask.note,
            model=model.name,
            prompt=ask.prompt,
            operator=ask.operator,
            island=ask.island,
            parents=ask.parents,
            reserved_tokens=tokens + longest,
            reserved_usd=model.price(tokens, longest),
        )

    async def _reserved(self, call: Call) -> Reservation:
        """Wait for room in the budget while calls in flight may leave some."""
        while True:
            tokens, usd = call.reserved_tokens, call.reserved_usd
            reservation = self._ledger.reserve(tokens, usd)
            if reservation is not None:
                return reservation
            self._freed.clear()
            await self._freed.wait()

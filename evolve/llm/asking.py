"""Asking models: room in the budget, the durable call, the model, the durable answer.

The order is sacred. Only after its last step does anything read what was said, so that
whatever kills the process, no answer that was paid for is lost.
"""

import asyncio
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from evolve.errors import ModelUnavailableError
from evolve.llm.errors import ModelCallError
from evolve.llm.ledger import Ledger, Reservation
from evolve.ports import ChatModel, Population
from evolve.program import utf8
from evolve.records import Call, Operator, ProgramId, Proposal, Usage
from prompts.records import Prompt

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
    """Chooses a model for a question."""

    def choose(self, ask: Ask, rng: np.random.Generator) -> ChatModel:
        """Return the model to ask.

        Raises
        ------
        ModelUnavailableError
            If none can be asked.
        """


@dataclass(frozen=True, slots=True)
class OneModel:
    """The router of a campaign with a single model."""

    model: ChatModel

    def choose(self, ask: Ask, rng: np.random.Generator) -> ChatModel:  # noqa: ARG002
        """Return that model."""
        return self.model


class Asker:
    """Asks models within the caps of a ledger.

    Parameters
    ----------
    router
        Chooses who is asked.
    max_tokens
        Of one response; the same as in the settings of the models.
    """

    def __init__(
        self,
        *,
        router: Router,
        population: Population,
        ledger: Ledger,
        max_tokens: int,
    ) -> None:
        self._router = router
        self._population = population
        self._ledger = ledger
        self._max_tokens = max_tokens
        self._freed = asyncio.Event()

    async def ask(self, ask: Ask, rng: np.random.Generator) -> Proposal:
        """Ask once; a call that failed for good is a proposal without a response.

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
                if isinstance(error, ModelUnavailableError):
                    raise
                return Proposal(call=call, failure=str(error))
            usage = response.usage
            self._population.record_response(call.step, response, "", turn=call.turn)
            return Proposal(call=call, response=response)
        finally:
            self._ledger.settle(reservation, usage)
            self._freed.set()

    def _call(self, ask: Ask, model: ChatModel) -> Call:
        tokens = prompt_tokens(ask.prompt)
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
            reserved_tokens=tokens + self._max_tokens,
            reserved_usd=model.price(tokens, self._max_tokens),
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


def prompt_tokens(prompt: Prompt) -> int:
    """Upper estimate of the tokens of a prompt: one for every two bytes, and a few.

    Tokenisers need one for three to four bytes of code or English.
    """
    texts = [prompt.system, prompt.user]
    texts += [message.text for message in prompt.history]
    texts += [call.arguments for m in prompt.history for call in m.calls]
    texts += [tool.doc + tool.parameters for tool in prompt.tools]
    messages = 2 + len(prompt.history) + len(prompt.tools)
    return sum(len(utf8(text)) for text in texts) // 2 + 16 * messages

"""Several models: which one is asked, and what is done when one fails.

Everything that decides follows from the calls and programs of the campaign, so a
resumed campaign chooses as if it had never stopped. No time is looked at.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evolve.errors import ModelUnavailableError
from evolve.llm.asking import Ask
from evolve.llm.bandit import WINDOW, Pull, arms, pick
from evolve.llm.gains import Gains, past_gains, proposals_after
from evolve.llm.sizes import prompt_tokens
from evolve.ports import ChatModel, Population
from evolve.records import Program, Proposal, Rejection

FAILURES = 3
"""Failed calls in a row after which a model is set aside."""

ASIDE = 20
"""Calls to any model for which it stays aside; then one call tries it again."""

STRONG_SHARE = 0.1
"""Largest part of the dollars left that one call to a strong model may need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One model of an ensemble.

    Attributes
    ----------
    strong
        Whether it is kept for the questions that want a strong model.
    max_tokens
        Of one response.
    """

    model: ChatModel
    strong: bool
    max_tokens: int


class Ensemble:
    """A router that asks the model which brings most for what it costs.

    Parameters
    ----------
    usd_left
        Dollars that the campaign has left; None if it has no cap in dollars.
    """

    def __init__(
        self,
        members: Sequence[Member],
        population: Population,
        usd_left: Callable[[], float | None],
    ) -> None:
        self._members = {member.model.name: member for member in members}
        self._usd_left = usd_left
        self._gains = Gains(population)
        self._lost: set[str] = set()
        self._pulls = {
            (pull.step, pull.turn): pull for pull in pulls_of(population, self._members)
        }

    # Router.

    def choose(self, ask: Ask, rng: np.random.Generator) -> ChatModel:
        """Return the model to ask; the call counts from now on.

        Raises
        ------
        ModelUnavailableError
            If no model is left.
        """
        pulls = self._window(ask.step)
        able = [name for name in self._members if name not in self._lost]
        if not able:
            raise ModelUnavailableError(
                f"none of the {len(self._members)} models can be used; see the failed "
                "calls of the last steps. Nothing is lost; resume when one works"
            )
        aside = set_aside(pulls, able)
        # With all of them aside the one that comes back first is asked.
        ready = [n for n in able if n not in aside] or [
            min(able, key=aside.__getitem__)
        ]
        wanted = self._fitting(ask, ready)
        name = pick(arms(pulls, wanted), rng)
        self._pulls[ask.step, ask.turn] = Pull(step=ask.step, turn=ask.turn, model=name)
        return self._members[name].model

    def heard(self, proposal: Proposal) -> None:
        """Take note of what a call cost, and whether it failed."""
        call = proposal.call
        pull = self._pulls.get(call.key)
        if pull is not None:
            self._pulls[call.key] = replace(
                pull,
                ended=True,
                failed=proposal.response is None,
                cost=_cost(proposal, priced=self._priced),
            )

    def lost(self, model: str) -> bool:
        """Ask a model no more in this session; tell whether others are left."""
        self._lost.add(model)
        return len(self._lost) < len(self._members)

    # The loop's side.

    def observe(self, outcome: Program | Rejection) -> None:
        """Take note of what came of a step."""
        step, gain = self._gains.of(outcome)
        for key, pull in self._pulls.items():
            if key[0] == step:
                self._pulls[key] = replace(pull, gain=gain)

    @property
    def _priced(self) -> bool:
        return all(m.model.price(1, 1) is not None for m in self._members.values())

    def _window(self, step: int) -> list[Pull]:
        """Return the pulls of the last steps, and forget the older ones."""
        old = [key for key in self._pulls if key[0] <= step - 2 * WINDOW]
        for key in old:
            del self._pulls[key]
        return [pull for key, pull in self._pulls.items() if key[0] > step - WINDOW]

    def _fitting(self, ask: Ask, ready: Sequence[str]) -> list[str]:
        strong = [name for name in ready if self._members[name].strong]
        cheap = [name for name in ready if not self._members[name].strong]
        if ask.strong:
            strong = [name for name in strong if self._affordable(name, ask)]
            return strong or cheap or list(ready)
        return cheap or strong

    def _affordable(self, name: str, ask: Ask) -> bool:
        left, member = self._usd_left(), self._members[name]
        price = member.model.price(prompt_tokens(ask.prompt), member.max_tokens)
        return left is None or price is None or price <= STRONG_SHARE * left


def set_aside(pulls: Sequence[Pull], names: Sequence[str]) -> dict[str, int]:
    """Models that failed too often in a row, with the calls until each comes back."""
    ordered = sorted(pulls, key=lambda pull: (pull.step, pull.turn))
    in_a_row = dict.fromkeys(names, 0)
    until = dict.fromkeys(names, 0)
    for place, pull in enumerate(ordered, 1):
        if pull.model in until and pull.ended:
            in_a_row[pull.model] = in_a_row[pull.model] + 1 if pull.failed else 0
            if in_a_row[pull.model] >= FAILURES:
                until[pull.model] = place + ASIDE
            elif not pull.failed:
                until[pull.model] = 0
    left = {name: end - len(ordered) for name, end in until.items()}
    return {name: calls for name, calls in left.items() if calls > 0}


def pulls_of(population: Population, members: Mapping[str, Member]) -> list[Pull]:
    """Rebuild the pulls of the last steps from the calls and programs in the store."""
    after = population.next_step() - WINDOW - 1
    priced = all(m.model.price(1, 1) is not None for m in members.values())
    past = past_gains(population, after)
    return [
        Pull(
            step=call.step,
            turn=call.turn,
            model=call.model,
            ended=proposal.response is not None or bool(proposal.failure),
            failed=bool(proposal.failure),
            cost=_cost(proposal, priced=priced),
            gain=past.of(call.step),
        )
        for proposal in proposals_after(population, after)
        for call in (proposal.call,)
        if call.model in members
    ]


def _cost(proposal: Proposal, *, priced: bool) -> float | None:
    """Dollars if all models have a price, else tokens, so that they compare."""
    call, response = proposal.call, proposal.response
    if response is None and not proposal.failure:
        return None
    usage = None if response is None else response.usage
    if priced:
        known = None if usage is None else usage.cost_usd
        return call.reserved_usd if known is None else known
    if usage is None or usage.prompt_tokens is None or usage.completion_tokens is None:
        return float(call.reserved_tokens)
    return float(usage.prompt_tokens + usage.completion_tokens)

"""Open the models of a campaign, the ledger that caps them, and their router."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from evolve.config import Campaign
from evolve.llm.asking import OneModel, Router
from evolve.llm.ensemble import Ensemble, Member
from evolve.llm.ledger import Ledger
from evolve.llm.models import ModelSettings, open_model
from evolve.ports import Population
from evolve.records import Program, Rejection, Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenModels:
    """The models of a campaign.

    Attributes
    ----------
    concurrency
        Steps under way at once: the largest number that one model takes.
    """

    members: tuple[Member, ...]
    ledger: Ledger
    concurrency: int

    @property
    def max_tokens(self) -> Mapping[str, int]:
        """Longest response by name of the model."""
        return {member.model.name: member.max_tokens for member in self.members}

    def router(
        self, population: Population
    ) -> tuple[Router, Callable[[Program | Rejection], None]]:
        """Return what chooses among them, and what tells it the outcomes of steps."""
        if len(self.members) == 1:
            return OneModel(self.members[0].model), lambda _: None
        ensemble = Ensemble(self.members, population, lambda: self.ledger.usd_left)
        return ensemble, ensemble.observe


def open_models(campaign: Campaign, spent: Spent) -> OpenModels:
    """Open the models of a campaign that has some; nothing is asked yet.

    Raises
    ------
    ConfigError, ModelUnavailableError
        If the campaign cannot be run with these models.
    """
    budget = campaign.budget
    ledger = Ledger(
        tokens=budget.tokens, usd=budget.usd, calls=budget.calls, spent=spent
    )
    members = []
    for section in campaign.ensemble:
        settings = ModelSettings(**section.model_dump(exclude={"strong"}))
        model = open_model(settings)
        ledger.require_price(model.price)
        members.append(
            Member(model=model, strong=section.strong, max_tokens=section.max_tokens)
        )
    return OpenModels(
        members=tuple(members),
        ledger=ledger,
        concurrency=max((m.concurrency for m in campaign.ensemble), default=1),
    )

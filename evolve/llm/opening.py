"""Open the models of a campaign, the ledger that caps them, and their router."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from evolve.config import Campaign, Novelty
from evolve.llm.asking import OneModel, Router
from evolve.llm.ensemble import Ensemble, Member
from evolve.llm.ledger import Ledger
from evolve.llm.models import ModelSettings, open_embedder, open_model
from evolve.ports import ChatModel, Population
from evolve.records import Program, Rejection, Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenModels:
    """The models of a campaign.

    Attributes
    ----------
    concurrency
        Steps under way at once: the largest number that one model takes.
    embedder
        What compares programs; None where nothing does.
    """

    members: tuple[Member, ...]
    ledger: Ledger
    concurrency: int
    embedder: ChatModel | None = None

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
    embedder = None
    if campaign.novelty is not None:
        embedder = open_embedder(embedder_settings(campaign.novelty))
        ledger.require_price(embedder.price)
    return OpenModels(
        embedder=embedder,
        members=tuple(members),
        ledger=ledger,
        concurrency=max((m.concurrency for m in campaign.ensemble), default=1),
    )


def embedder_settings(section: Novelty) -> ModelSettings:
    """Say how the embedding model is called; it writes no tokens."""
    price = section.usd_per_million_tokens
    return ModelSettings(
        name=section.model,
        base_url=section.base_url,
        api_key_env=section.api_key_env,
        max_tokens=0,
        timeout_seconds=section.timeout_seconds,
        total_seconds=section.total_seconds,
        retries=section.retries,
        usd_per_million_prompt_tokens=price,
        usd_per_million_completion_tokens=None if price is None else 0.0,
        record=section.record,
    )

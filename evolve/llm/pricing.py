"""Prices of models: from the settings, else from the list that litellm ships.

The list is read as a file, because importing litellm takes seconds.
"""

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from evolve.llm.settings import ModelSettings
from problems.errors import ConfigError

_LIST = "model_prices_and_context_window_backup.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Dollars for one token."""

    prompt: float
    completion: float

    def of(self, prompt_tokens: int, completion_tokens: int) -> float:
        """Dollars for so many tokens; discounts for cached prompts are left out."""
        return self.prompt * prompt_tokens + self.completion * completion_tokens


FREE = Price(prompt=0.0, completion=0.0)
"""Of models that nobody bills."""


def price_of(settings: ModelSettings) -> Price | None:
    """Price of a model; None if nobody knows it.

    Raises
    ------
    ConfigError
        If only one of the two prices is given.
    """
    prompt = settings.usd_per_million_prompt_tokens
    completion = settings.usd_per_million_completion_tokens
    if prompt is not None and completion is not None:
        return Price(prompt=prompt / 1e6, completion=completion / 1e6)
    if prompt is not None or completion is not None:
        raise ConfigError(
            "give both usd_per_million_prompt_tokens and "
            "usd_per_million_completion_tokens, or neither"
        )
    # A server of one's own does not bill what the provider of that name bills.
    return None if settings.base_url is not None else listed_price(settings.name)


def listed_price(name: str) -> Price | None:
    """Price by name; None if the list has no such model or no price for it."""
    entry = _entry(name)
    prompt = entry.get("input_cost_per_token")
    completion = entry.get("output_cost_per_token")
    if prompt is None or completion is None:
        return None
    return Price(prompt=float(prompt), completion=float(completion))


def provider_of(name: str) -> str | None:
    """Tell the provider of a model, by the first part of its name or by the list."""
    head, slash, _ = name.partition("/")
    known = head if slash else _entry(name).get("litellm_provider")
    return None if known is None else str(known)


def _entry(name: str) -> Mapping[str, Any]:
    models = _listed()
    if isinstance(models.get(name), dict):
        return dict(models[name])
    provider, _, rest = name.partition("/")
    entry = models.get(rest)  # openai/gpt-4o stands there as gpt-4o
    if isinstance(entry, dict) and entry.get("litellm_provider") == provider:
        return entry
    return {}


@cache
def _listed() -> Mapping[str, Any]:
    spec = importlib.util.find_spec("litellm")
    folders = spec.submodule_search_locations if spec is not None else None
    for folder in folders or ():
        path = Path(folder) / _LIST
        if path.is_file():
            models: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return models
    return {}

"""Keys: where they come from, and that they never appear in a text."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from evolve.errors import ModelUnavailableError
from evolve.llm.pricing import provider_of
from evolve.llm.settings import ModelSettings

_USUAL: Mapping[str, tuple[str, ...]] = {
    "openai": ("OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "mistral": ("MISTRAL_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "groq": ("GROQ_API_KEY",),
    "xai": ("XAI_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
}
_ENDINGS = ("_API_KEY", "_ACCESS_KEY", "_SECRET", "_TOKEN")
_SHORTEST = 8
_SHORTEST_OTHER = 16
"""Characters of a secret, this model's and another one: words are no secrets."""

_NONE = "none"
"""Servers that need no key still want one to be named."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Secrets:
    """The key of a model, and all texts that must not leave the process.

    Attributes
    ----------
    key
        None where the client library looks for it by itself.
    variable
        Environment variable of the key, for messages.
    """

    key: str | None
    variable: str
    hidden: tuple[str, ...]

    def redact(self, text: str) -> str:
        """Put ``***`` in the place of every secret."""
        for secret in self.hidden:
            text = text.replace(secret, "***")
        return text


def find_secrets(settings: ModelSettings, environ: Mapping[str, str]) -> Secrets:
    """Look for the key of a model.

    Raises
    ------
    ModelUnavailableError
        If the model needs a key and there is none; the text says which to set.
    """
    usual = _USUAL.get(provider_of(settings.name) or "", ())
    if settings.base_url is not None and not usual:
        usual = _USUAL["openai"]
    names = (settings.api_key_env,) if settings.api_key_env else usual
    key = next((environ[name] for name in names if environ.get(name)), None)
    required = settings.api_key_env or settings.base_url is None
    if key is None and names and required:
        raise ModelUnavailableError(
            f"no API key for {settings.name}: set {' or '.join(names)}"
        )
    if key is None and settings.base_url is not None:
        key = _NONE
    return Secrets(
        key=key,
        variable=" or ".join(names) or "the provider's API key variable",
        hidden=_hidden(settings, environ, key),
    )


def _hidden(
    settings: ModelSettings, environ: Mapping[str, str], key: str | None
) -> tuple[str, ...]:
    own = {key, urlsplit(settings.base_url or "").password}
    others = {value for name, value in environ.items() if name.endswith(_ENDINGS)}
    hidden = {text for text in own if text and len(text) >= _SHORTEST}
    hidden |= {text for text in others if len(text) >= _SHORTEST_OTHER}
    # Long ones first: one secret may be a part of another.
    return tuple(sorted(hidden, key=lambda text: (-len(text), text)))

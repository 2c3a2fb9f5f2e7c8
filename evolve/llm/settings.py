"""What is needed to use a model."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """One model and how to call it; secrets are named, never held.

    Attributes
    ----------
    name
        ``scripted:FILE``, ``replay:FILE``, or any name that litellm knows.
    base_url
        Of an OpenAI-compatible server, None for the provider's own.
    api_key_env
        Environment variable with the key, None for the provider's usual one.
    max_tokens
        Of one response.
    timeout_seconds
        Of one try.
    total_seconds
        Of one call with all its retries and the pauses between them.
    retries
        Further tries after a transient failure.
    usd_per_million_prompt_tokens, usd_per_million_completion_tokens
        Price, where it is not known by name; both or neither.
    concurrency
        Calls in flight, None for no limit.
    requests_per_minute, tokens_per_minute
        Limits of the provider, None for none; they hold for models behind HTTP.
    record
        File that keeps all responses for ``replay:FILE``.
    """

    name: str
    base_url: str | None = None
    api_key_env: str | None = None
    temperature: float = 1.0
    max_tokens: int = 4096
    timeout_seconds: float = 120.0
    total_seconds: float = 600.0
    retries: int = 4
    usd_per_million_prompt_tokens: float | None = None
    usd_per_million_completion_tokens: float | None = None
    concurrency: int | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    record: str | None = None

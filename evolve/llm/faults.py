"""What a failed try means: try again, give up this call, or give up the model.

Exceptions are told by their status code and class name, so that this module needs no
client library.
"""

import re
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

from evolve.llm.settings import ModelSettings

_TRANSIENT = frozenset({408, 409, 425, 429})
_PREFIX = re.compile(r"\A(?:litellm\.)?(?:\w+(?:Error|Exception)(?::| -)\s*)+")
_THIS_PROMPT = {"ContextWindowExceededError", "ContentPolicyViolationError"}
_NO_KEY = re.compile(r"missing (?:credentials|\w+ api key)", re.IGNORECASE)
_NO_PROVIDER = "LLM Provider NOT provided"
_MESSAGE_CHARS = 300


class Cure(StrEnum):
    """What helps."""

    RETRY = "retry"
    """The same call may work soon."""
    REACH = "reach"
    """No connection: retry if there has been one before."""
    SKIP = "skip"
    """This prompt never works, others do."""
    STOP = "stop"
    """No call can work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A failed try.

    Attributes
    ----------
    message
        Cause and cure in one line.
    retry_after
        Seconds that the server asks to wait.
    """

    cure: Cure
    message: str
    retry_after: float | None = None


def diagnose(error: Exception, settings: ModelSettings, variable: str) -> Fault:
    """Tell what an exception of the client library means.

    Parameters
    ----------
    variable
        Environment variable of the key, for messages.
    """
    said = _said(error)
    status = getattr(error, "status_code", None)
    kind = type(error).__name__
    if _NO_PROVIDER in str(error):
        return _unknown_model(settings)
    if _NO_KEY.search(str(error)):
        detail = f"no API key for {settings.name}: set {variable}"
        return Fault(cure=Cure.STOP, message=detail)
    if kind in _THIS_PROMPT:
        return Fault(cure=Cure.SKIP, message=f"{kind}: {said}")
    if status == 429 and "insufficient_quota" in str(error):
        detail = f"the quota of the key in {variable} is used up: {said}"
        return Fault(cure=Cure.STOP, message=detail)
    if isinstance(status, int) and 400 <= status < 500 and status not in _TRANSIENT:
        return Fault(cure=Cure.STOP, message=_refused(status, said, settings, variable))
    return _transient(error, said, status, settings)


def _transient(
    error: Exception, said: str, status: object, settings: ModelSettings
) -> Fault:
    where = settings.base_url or f"the provider of {settings.name}"
    for cause in _causes(error):
        if isinstance(cause, ConnectionRefusedError | socket.gaierror):
            detail = (
                f"cannot reach {where}: {cause.strerror}; check the network, that the "
                "server runs, and base_url"
            )
            return Fault(cure=Cure.REACH, message=detail)
        if "InvalidURL" in type(cause).__name__:
            detail = f"{where} is no URL; base_url looks like http://HOST:PORT/v1"
            return Fault(cure=Cure.STOP, message=detail)
    code = f" ({status})" if isinstance(status, int) else ""
    return Fault(
        cure=Cure.RETRY,
        message=f"{type(error).__name__}{code}: {said}",
        retry_after=_retry_after(error),
    )


def _refused(status: int, said: str, settings: ModelSettings, variable: str) -> str:
    where = settings.base_url or "its provider"
    if status == 401:
        return f"the key in {variable} is refused by {where} (401): {said}"
    if status == 403:
        return f"the key in {variable} may not use {settings.name} (403): {said}"
    if status == 404:
        return (
            f"no model {settings.name!r} at {where} (404): {said}; check the name, and "
            "base_url, which mostly ends in /v1"
        )
    return f"{where} refuses the request for {settings.name} ({status}): {said}"


def _unknown_model(settings: ModelSettings) -> Fault:
    detail = (
        f"unknown model {settings.name!r}: write PROVIDER/NAME as litellm has it, or "
        "openai/NAME with base_url for an OpenAI-compatible server"
    )
    return Fault(cure=Cure.STOP, message=detail)


def _said(error: Exception) -> str:
    text = " ".join(_PREFIX.sub("", str(error)).split())
    return text[:_MESSAGE_CHARS] or type(error).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    for _ in range(20):
        if found is None:
            return
        yield found
        found = found.__cause__ or found.__context__


def _retry_after(error: Exception) -> float | None:
    headers = getattr(error, "litellm_response_headers", None)
    value = headers.get("retry-after") if isinstance(headers, Mapping) else None
    if value is None:
        return None
    try:
        return max(float(value), 0.0)
    except ValueError:
        pass
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max((date - datetime.now(tz=UTC)).total_seconds(), 0.0)

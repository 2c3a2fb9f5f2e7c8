"""Every provider that litellm knows, behind the ChatModel port.

The only module that imports litellm and openai, at the first call: that takes
seconds, so a thread does it. Retries are ours, because the deadline, the pauses and
the books must cover all tries of a call.
"""

import asyncio
import json
import logging
import os
import time
import warnings
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from evolve.errors import ModelUnavailableError
from evolve.llm.errors import ModelCallError
from evolve.llm.faults import Cure, Fault, diagnose
from evolve.llm.keys import find_secrets
from evolve.llm.pacing import Pace
from evolve.llm.pricing import price_of
from evolve.llm.settings import ModelSettings
from evolve.llm.sizes import prompt_tokens
from evolve.records import Response, Usage
from prompts.records import Message, Prompt, ToolCall

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
"""Seconds between tries; they double from the first to the longest."""

_SEED_RANGE = 1 << 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One reply that came in order, whatever it says; ``text`` may be empty."""

    text: str
    model: str
    finish_reason: str
    prompt_tokens: int | None
    completion_tokens: int | None
    tool_calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Library:
    litellm: Any
    errors: tuple[type[Exception], ...]


class LiteLlmModel:
    """A model that litellm calls.

    Parameters
    ----------
    settings
        Which model and how.
    environ
        Where keys are looked for.
    sleep
        Waits between tries, and for the limits of the provider.
    clock
        Seconds for those limits.

    Raises
    ------
    ModelUnavailableError
        If the model needs a key and there is none.
    ConfigError
        If a price is given by half.
    """

    def __init__(
        self,
        settings: ModelSettings,
        *,
        environ: Mapping[str, str] = os.environ,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._pace = Pace(settings, clock=clock, sleep=sleep)
        self._secrets = find_secrets(settings, environ)
        self._price = price_of(settings)
        self._sleep = sleep
        self._library: _Library | None = None
        self._reached = False

    @property
    def name(self) -> str:
        """Name as the user gave it."""
        return self._settings.name

    def price(self, prompt_tokens: int, completion_tokens: int) -> float | None:
        """Dollars for so many tokens; None if the price is not known."""
        price = self._price
        return None if price is None else price.of(prompt_tokens, completion_tokens)

    async def complete(self, prompt: Prompt, *, seed: int) -> Response:
        """Ask once, with retries of transient failures inside the deadline.

        Raises
        ------
        ModelUnavailableError
            If no call can work: key, name, address, refused requests.
        ModelCallError
            If this call failed in all its tries, or its deadline passed.
        """
        if self._library is None:
            self._library = await asyncio.to_thread(_load)
        size = prompt_tokens(prompt) + self._settings.max_tokens
        async with self._pace.call():
            # Waiting for the first try is no fault of the model: its time starts after.
            await self._pace.request(size)
            call = _CallInProgress(self._settings.total_seconds, size)
            try:
                async with asyncio.timeout(self._settings.total_seconds):
                    answer = await self._tries(prompt, seed, call)
            except TimeoutError:
                answer = call.late()
            self._pace.answered(call.asked, call.used)
        # Raised out here, so that no traceback shows the request and its key.
        if isinstance(answer, Answer):
            return Response(
                text=self._clean(answer.text),
                model=self._clean(answer.model),
                finish_reason=self._clean(answer.finish_reason),
                usage=self._usage(call),
                seconds=call.seconds,
                tool_calls=tuple(map(self._clean_call, answer.tool_calls)),
            )
        if answer.cure in {Cure.STOP, Cure.REACH}:
            raise ModelUnavailableError(answer.message)
        raise ModelCallError(answer.message)

    async def _tries(
        self, prompt: Prompt, seed: int, call: "_CallInProgress"
    ) -> Answer | Fault:
        rng = np.random.default_rng(seed)
        for attempt in range(self._settings.retries + 1):
            # Another seed: the same one would give the same bad answer again.
            answer = await self._try(prompt, (seed + attempt) % _SEED_RANGE)
            if isinstance(answer, Answer):
                self._reached = True
                call.book(answer)
                if _says_something(answer):
                    return answer
                message = f"empty answer ({answer.finish_reason})"
                answer = Fault(cure=Cure.RETRY, message=message)
            call.last = answer
            again = answer.cure is Cure.RETRY or (
                answer.cure is Cure.REACH and self._reached
            )
            pause = _pause(attempt, answer, rng)
            if not again or attempt == self._settings.retries:
                return answer
            if call.seconds + pause > self._settings.total_seconds:
                return call.late()
            await self._sleep(pause)
            await self._pace.request(call.size)
            call.asked += call.size
        raise AssertionError("unreachable")

    async def _try(self, prompt: Prompt, seed: int) -> Answer | Fault:
        request = {
            "messages": _messages(prompt),
            "temperature": self._settings.temperature,
            "max_tokens": self._settings.max_tokens,
            "seed": seed,
            **_tools(prompt),
        }
        return await self._send("acompletion", request, _read)

    async def _send(
        self,
        function: str,
        request: Mapping[str, Any],
        read: Callable[[Any], Answer | Fault],
    ) -> Answer | Fault:
        """Try a function of litellm once; what goes wrong comes back as a fault."""
        library, settings = self._library, self._settings
        assert library is not None
        common = {
            "model": _routed(settings, library.litellm.provider_list),
            "timeout": settings.timeout_seconds,
            "api_base": settings.base_url,
            "api_key": self._secrets.key,
            "num_retries": 0,
            "max_retries": 0,
            "drop_params": True,
        }
        try:
            # The client's own time-out is per read: a server that dribbles passes it.
            async with asyncio.timeout(settings.timeout_seconds):
                reply = await getattr(library.litellm, function)(**common, **request)
            return read(reply)
        except TimeoutError:
            limit = f"no answer within {settings.timeout_seconds:g} s"
            return Fault(cure=Cure.RETRY, message=limit)
        except library.errors as error:
            fault = diagnose(error, settings, self._secrets.variable)
        return replace(fault, message=self._clean(fault.message))

    def _usage(self, call: "_CallInProgress") -> Usage:
        prompt, completion = call.prompt_tokens, call.completion_tokens
        known = prompt is not None and completion is not None
        cost = self.price(prompt or 0, completion or 0) if known else None
        return Usage(prompt_tokens=prompt, completion_tokens=completion, cost_usd=cost)

    def _clean_call(self, call: ToolCall) -> ToolCall:
        return ToolCall(
            id=self._clean(call.id),
            name=self._clean(call.name),
            arguments=self._clean(call.arguments),
        )

    def _clean(self, text: str) -> str:
        """Hide keys, and drop what no database can store as text."""
        text = self._secrets.redact(text).replace("\0", "\N{REPLACEMENT CHARACTER}")
        return text.encode("utf-8", "replace").decode("utf-8")


class _CallInProgress:
    """What the tries of one call have used."""

    def __init__(self, total_seconds: float, size: int) -> None:
        self._total = total_seconds
        self.size = self.asked = size
        self._clock: Callable[[], float] = asyncio.get_running_loop().time
        self._start = self._clock()
        self.last: Fault | None = None
        self.prompt_tokens: int | None = None
        self.completion_tokens: int | None = None

    @property
    def seconds(self) -> float:
        """Elapsed time of the call."""
        return self._clock() - self._start

    @property
    def used(self) -> int:
        """Tokens reported; all that were asked for if nothing was."""
        if self.prompt_tokens is None or self.completion_tokens is None:
            return self.asked
        return self.prompt_tokens + self.completion_tokens

    def book(self, answer: Answer) -> None:
        """Add the tokens of a reply, also of one that is not used."""
        if answer.prompt_tokens is not None:
            self.prompt_tokens = (self.prompt_tokens or 0) + answer.prompt_tokens
        if answer.completion_tokens is not None:
            self.completion_tokens = (
                self.completion_tokens or 0
            ) + answer.completion_tokens

    def late(self) -> Fault:
        """Say that the deadline is over, and what went wrong before."""
        why = "" if self.last is None else f"; the last try: {self.last.message}"
        message = f"no answer within {self._total:g} s in all{why}"
        return Fault(cure=Cure.SKIP, message=message)


def _load() -> _Library:
    """Import the client libraries, without network access and without noise."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import litellm
        import openai

        litellm.suppress_debug_info = True
        # Calls for embeddings take "no retries" for "as many as usual".
        vars(litellm)["DEFAULT_MAX_RETRIES"] = 0
        for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        for name in ("httpx", "openai"):
            logging.getLogger(name).setLevel(logging.WARNING)
        # Builds the types of replies, which warns, before the first reply does.
        message = {"role": "assistant", "content": "", "tool_calls": None}
        litellm.ModelResponse(choices=[{"index": 0, "message": message}])
    # Other types are built at the first call, in whatever thread makes it.
    warnings.filterwarnings("ignore", message=".* using the `ReadOnly` qualifier")
    # Beside its own errors litellm lets out what odd replies do to its parsers.
    odd = (ValueError, TypeError, LookupError, AttributeError, RuntimeError, OSError)
    return _Library(litellm=litellm, errors=(openai.OpenAIError, *odd))


def _routed(settings: ModelSettings, providers: list[Any]) -> str:
    """Name for litellm: an unknown provider behind a base URL speaks OpenAI's."""
    head = settings.name.partition("/")[0]
    known = {str(getattr(provider, "value", provider)) for provider in providers}
    if settings.base_url is None or ("/" in settings.name and head in known):
        return settings.name
    return f"openai/{settings.name}"


def _messages(prompt: Prompt) -> list[dict[str, Any]]:
    system = [{"role": "system", "content": prompt.system}] if prompt.system else []
    history = [_message(message) for message in prompt.history]
    return [*system, {"role": "user", "content": prompt.user}, *history]


def _message(message: Message) -> dict[str, Any]:
    plain: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.calls:
        plain["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.calls
        ]
    if message.answers:
        plain["tool_call_id"] = message.answers
    return plain


def _tools(prompt: Prompt) -> dict[str, Any]:
    """Arguments of a call that offers tools; none for a plain question."""
    if not prompt.tools:
        return {}
    return {
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.doc,
                    "parameters": json.loads(tool.parameters),
                },
            }
            for tool in prompt.tools
        ]
    }


def _tool_calls(message: Any) -> tuple[ToolCall, ...]:
    """Read what a reply asks to be called; odd entries are left out."""
    found = []
    for number, call in enumerate(getattr(message, "tool_calls", None) or ()):
        function = getattr(call, "function", None)
        name = getattr(function, "name", None)
        if isinstance(name, str) and name:
            arguments = getattr(function, "arguments", None)
            found.append(
                ToolCall(
                    id=str(getattr(call, "id", None) or f"call_{number}"),
                    name=name,
                    arguments=arguments if isinstance(arguments, str) else "",
                )
            )
    return tuple(found)


def _read(reply: Any) -> Answer | Fault:
    if not reply.choices:
        return Fault(cure=Cure.RETRY, message="an answer without choices")
    choice = reply.choices[0]
    text, finish = choice.message.content, str(choice.finish_reason or "unknown")
    extra = getattr(choice.message, "provider_specific_fields", None) or {}
    if not text and extra.get("refusal"):
        text, finish = str(extra["refusal"]), "refusal"
    usage = getattr(reply, "usage", None)
    return Answer(
        text=text if isinstance(text, str) else "",
        model=str(reply.model or ""),
        finish_reason=finish,
        prompt_tokens=_count(usage, "prompt_tokens"),
        completion_tokens=_count(usage, "completion_tokens"),
        tool_calls=_tool_calls(choice.message),
    )


def _count(usage: Any, name: str) -> int | None:
    value = getattr(usage, name, None)
    return value if isinstance(value, int) else None


def _says_something(answer: Answer) -> bool:
    """Whether a reply is worth keeping: words, or a reason for their absence."""
    final = {"length", "max_tokens", "content_filter", "refusal"}
    said = bool(answer.text.strip()) or bool(answer.tool_calls)
    return said or answer.finish_reason in final


def _pause(attempt: int, fault: Fault, rng: np.random.Generator) -> float:
    doubled: float = min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE)
    jittered: float = doubled * rng.uniform(0.5, 1.0)
    return max(jittered, fault.retry_after or 0.0)

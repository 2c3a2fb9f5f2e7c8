"""A model whose answers stand in a script."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from evolve.llm.errors import ModelCallError
from evolve.llm.pricing import FREE
from evolve.records import Response, Usage
from problems.errors import ConfigError
from prompts.records import Prompt

Answer = str | Response
"""A text, or a whole response, e.g. one with tool calls."""

Answers = Sequence[Answer] | Callable[[Prompt, int], Answer]
"""Answers in the order of the calls, or a function of prompt and seed."""


class ScriptedModel:
    """Answers from a script; costs nothing.

    Parameters
    ----------
    answers
        A sequence is used up; the calls after its end fail with ModelCallError.
    name
        Name as the user gave it.
    """

    def __init__(self, answers: Answers, *, name: str = "scripted") -> None:
        self.name = name
        self._answers = answers
        self._calls = 0

    @classmethod
    def read(cls, path: Path, *, name: str) -> "ScriptedModel":
        """Read a JSON array of texts.

        Raises
        ------
        ConfigError
            If the file cannot be read or holds something else.
        """
        try:
            answers = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"cannot read script {path}: {error.strerror}") from None
        except ValueError as error:
            raise ConfigError(f"script {path} is no JSON: {error}") from None
        if not (
            isinstance(answers, list) and all(isinstance(text, str) for text in answers)
        ):
            raise ConfigError(f"script {path} must be a JSON array of strings")
        return cls(answers, name=name)

    async def complete(self, prompt: Prompt, *, seed: int) -> Response:
        """Give the next answer."""
        number = self._calls
        self._calls += 1
        if callable(self._answers):
            answer = self._answers(prompt, seed)
        elif number < len(self._answers):
            answer = self._answers[number]
        else:
            raise ModelCallError(
                f"{self.name}: the script ends after {len(self._answers)} answers"
            )
        if isinstance(answer, Response):
            return answer
        return Response(
            text=answer,
            model=self.name,
            finish_reason="stop",
            usage=Usage(prompt_tokens=0, completion_tokens=0, cost_usd=0.0),
            seconds=0.0,
        )

    def price(self, prompt_tokens: int, completion_tokens: int) -> float | None:
        """Nothing."""
        return FREE.of(prompt_tokens, completion_tokens)

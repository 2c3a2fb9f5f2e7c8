"""Draw programs of agents: calls of a model with tools between them.

Numbers of turns, times of tools and tokens of a program are those that Continuum gives
for SWE-Bench and BFCL v4 (arXiv 2511.02230, table 2, as quoted by a review). How the
tokens are spread over the turns is an assumption: see ``Agents``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from problems.llm_serving.requests import Request

_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Agents:
    """A kind of program: a chain of turns, each on top of all that was said before.

    The tokens of a program are taken as the sum of prompt and output over its calls,
    prompts with all that was said before. So each turn adds about ``2 tokens / (turns
    (turns + 1))``, of which the model makes ``made``; what a turn adds is log-normal
    with a deviation of half its mean.

    Attributes
    ----------
    turns
        Mean and deviation of the number of calls; normal, at least 1.
    tool
        Mean and deviation of the time of a tool in seconds; log-normal.
    tokens
        Mean of the tokens of a program.
    made
        Share of the added tokens that is output; an assumption.
    source
        Where the figures come from.
    """

    turns: tuple[float, float]
    tool: tuple[float, float]
    tokens: float
    made: float = 0.25
    source: str = "Continuum, arXiv 2511.02230, table 2"

    @property
    def added(self) -> float:
        """Mean of the tokens that a turn adds."""
        mean, deviation = self.turns
        return 2 * self.tokens / (mean * (mean + 1) + deviation**2)


SWE = Agents(turns=(10.9, 2.1), tool=(0.925, 3.550), tokens=70_126)
"""Agents that repair software, SWE-Bench."""

BFCL = Agents(turns=(6.3, 2.3), tool=(1.923, 2.133), tokens=93_256)
"""Agents that call functions, BFCL v4."""


def programs(
    rng: np.random.Generator, kind: Agents, times: Iterable[float], *, unit: int = 16
) -> tuple[Request, ...]:
    """Draw a program for each time of arrival.

    A call begins with the whole context of the one before, which ``Request.prefix``
    tells: no two programs share an id.

    Parameters
    ----------
    times
        When the programs arrive, ascending, seconds.
    unit
        Tokens of a unit of the prefix.
    """
    found: list[Request] = []
    first = 0
    for number, time in enumerate(times):
        calls = list(_calls(rng, kind))
        total = sum(prompt + output for prompt, output, _ in calls) // unit
        context = 0
        for turn, (prompt, output, delay) in enumerate(calls):
            context += prompt
            found.append(
                Request(
                    arrival=float(time),
                    prompt=context,
                    output=output,
                    client=number,
                    prefix=tuple(range(first, first + (context + output) // unit)),
                    program=number,
                    parents=(len(found) - 1,) if turn else (),
                    delay=delay if turn else 0.0,
                )
            )
            context += output
        first += total + 1
    return tuple(found)


def _calls(rng: np.random.Generator, kind: Agents) -> Iterator[tuple[int, int, float]]:
    """Draw the turns: new tokens, tokens made, seconds of the tool before."""
    count = max(1, round(rng.normal(*kind.turns)))
    added = _lognormal(rng, kind.added, kind.added / 2, count)
    tools = _lognormal(rng, *kind.tool, count)
    for tokens, delay in zip(added, tools, strict=True):
        output = max(1, round(kind.made * tokens))
        prompt = max(1, round(tokens) - output)
        yield prompt, output, round(float(delay), _DECIMALS)


def _lognormal(
    rng: np.random.Generator, mean: float, deviation: float, count: int
) -> npt.NDArray[np.float64]:
    """Draw log-normal numbers with that mean and deviation."""
    variance = np.log1p((deviation / mean) ** 2)
    return rng.lognormal(np.log(mean) - variance / 2, np.sqrt(variance), count)

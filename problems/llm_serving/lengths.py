"""Draw lengths of requests from what was measured of published traces.

ShareGPT is a formula; the others are tables of quantiles in ``data/lengths.json``.
Lengths are whole tokens, so equal generators give equal lengths on every machine.
numpy and scipy are needed: not for the sandbox.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from problems.errors import ConfigError

_FILE = Path(__file__).parent / "data" / "lengths.json"

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LEVELS = (
    0.0,
    0.01,
    0.02,
    0.05,
    *(n / 20 for n in range(2, 19)),
    0.95,
    0.98,
    0.99,
    0.995,
    0.999,
    1.0,
)
"""Probabilities of the quantiles in a table."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """Tokens of requests, shape ``(count,)`` each."""

    prompts: Ints
    outputs: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Quantiles of prompts and outputs of a trace.

    Attributes
    ----------
    prompts, outputs
        Tokens at the probabilities ``LEVELS``.
    correlation
        Of the ranks of prompt and output, as normal scores.
    source
        The trace, with its licence and authors.
    """

    prompts: tuple[float, ...]
    outputs: tuple[float, ...]
    correlation: float
    source: str

    def draw(self, rng: np.random.Generator, count: int) -> Lengths:
        """Draw lengths: normal copula, quantiles linear in the logarithm."""
        prompt, output = _coupled(rng, count, self.correlation)
        return Lengths(
            _whole(_quantile(self.prompts, prompt)),
            _whole(_quantile(self.outputs, output)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareGpt:
    """First turns of ShareGPT in tokens of Llama 3: a fit to 543 pairs.

    Prompts are a mixture of two log-normal distributions, outputs follow a Gamma
    distribution; what is beyond a cut is set to it, as replies end at a limit in the
    pairs too. The means are those of the pairs, 281 and 280; the tail of the prompts is
    heavier (99 %: 4,096 instead of 2,615 tokens).

    Attributes
    ----------
    weight
        Share of the short prompts.
    short, long
        Mean and deviation of the logarithm of the prompts.
    shape, scale
        Of the outputs.
    longest
        Cut of the prompts: it gives them the mean of the pairs.
    cut
        Cuts of the outputs.
    copula
        Normal correlation inside the parts of the mixture: it makes the one between the
        logarithms 0.13, as in the pairs.
    """

    weight: float = 0.582
    short: tuple[float, float] = (2.853, 0.747)
    long: tuple[float, float] = (5.716, 1.323)
    shape: float = 2.21
    scale: float = 126.9
    longest: float = 4096
    cut: tuple[float, float] = (4, 780)
    copula: float = 0.23

    def draw(self, rng: np.random.Generator, count: int) -> Lengths:
        """Draw lengths of ``count`` requests."""
        from scipy.special import gammaincinv

        part = rng.random(count) < self.weight
        prompt, output = _coupled(rng, count, self.copula)
        mean = np.where(part, self.short[0], self.long[0])
        deviation = np.where(part, self.short[1], self.long[1])
        made = self.scale * gammaincinv(self.shape, _probability(output))
        return Lengths(
            _whole(np.minimum(self.longest, np.exp(mean + deviation * prompt))),
            _whole(np.clip(made, *self.cut)),
        )


def names() -> tuple[str, ...]:
    """Names of the distributions: ``sharegpt`` and those with a table."""
    return ("sharegpt", *_tables())


def draw(name: str, rng: np.random.Generator, count: int) -> Lengths:
    """Draw lengths of ``count`` requests of a named distribution.

    Raises
    ------
    ConfigError
        If there is none of that name; the text lists the known ones.
    """
    if name == "sharegpt":
        return ShareGpt().draw(rng, count)
    return table(name).draw(rng, count)


def table(name: str) -> Table:
    """Return the quantiles of a trace.

    Raises
    ------
    ConfigError
        If there is none of that name; the text lists the known ones.
    """
    try:
        return _tables()[name]
    except KeyError as error:
        raise ConfigError(
            f"no lengths {name!r}; known: {', '.join(names())}"
        ) from error


def measure(prompts: Ints, outputs: Ints, source: str) -> Table:
    """Make a table of the lengths of a trace, shape ``(count,)`` each."""
    from scipy.special import ndtri

    def scores(values: Ints) -> Floats:
        ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable")
        found: Floats = ndtri((ranks + 0.5) / len(values))
        return found

    pair = np.corrcoef(scores(prompts), scores(outputs))
    return Table(
        prompts=tuple(map(_short, np.quantile(prompts, LEVELS))),
        outputs=tuple(map(_short, np.quantile(outputs, LEVELS))),
        correlation=round(float(pair[0, 1]), 3),
        source=source,
    )


def _short(value: float) -> float:
    return round(float(value), 1)


def _coupled(
    rng: np.random.Generator, count: int, correlation: float
) -> tuple[Floats, Floats]:
    """Draw pairs of standard normal numbers with a correlation."""
    first, second = rng.standard_normal((2, count))
    return first, correlation * first + np.sqrt(1 - correlation**2) * second


def _probability(scores: Floats) -> Floats:
    from scipy.special import ndtr

    found: Floats = ndtr(scores)
    return found


def _quantile(values: tuple[float, ...], scores: Floats) -> Floats:
    return np.exp(np.interp(_probability(scores), LEVELS, np.log(values)))


def _whole(values: Floats) -> Ints:
    return np.maximum(1, np.rint(values)).astype(np.int64)


@cache
def _tables() -> Mapping[str, Table]:
    rows = json.loads(_FILE.read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            name: Table(
                prompts=tuple(row["prompts"]),
                outputs=tuple(row["outputs"]),
                correlation=row["correlation"],
                source=row["source"],
            )
            for name, row in rows.items()
        }
    )

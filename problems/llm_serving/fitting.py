"""Fit the constants of a cost model to measured latencies of whole steps.

A table is a CSV file with a line for each measured step and these columns:

``decode_requests``
    Requests that made a token in the step, n.
``kv_tokens``
    Sum of the KV lengths of these requests, S.
``prefill_tokens``
    New tokens of the one prompt that was prefilled in the step, c; 0 if none was.
``cached_tokens``
    Tokens of that prompt that were in the KV memory before, k.
``milliseconds``
    Duration of the step, from the start of one to the start of the next if it is to
    hold the overhead of the engine.

The model is ``dense(n + c) + mix (a1 n + b S + p2 c (k + c / 2))``: a table of whole
steps cannot tell the constants a0, h0, h1, p1 and the overhead from the dense part, so
they are in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from problems.errors import ConfigError
from problems.llm_serving.lines import Number, csv
from problems.llm_serving.profiles import Profile, Status

COLUMNS = (
    "decode_requests",
    "kv_tokens",
    "prefill_tokens",
    "cached_tokens",
    "milliseconds",
)
_COUNT = Number(0, 1e9)
_TIME = Number(1e-6, 1e9)
_MOST_MIX = 4.0
_MOST_STEPS = 100_000
_APART = 0.02
"""Share of a column that must not be made of the others, to tell its coefficient."""

_CURE = {
    "b": "add steps with the same decode_requests and other kv_tokens",
    "p2": "add steps with the same prefill_tokens and other cached_tokens",
}

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A measured step; the fields are the columns of a table."""

    decode_requests: int
    kv_tokens: int
    prefill_tokens: int
    cached_tokens: int
    milliseconds: float

    @property
    def tokens(self) -> int:
        """Tokens that the step processed."""
        return self.decode_requests + self.prefill_tokens

    @property
    def pairs(self) -> float:
        """Pairs of tokens that the prompt attended to."""
        return self.prefill_tokens * (self.cached_tokens + self.prefill_tokens / 2)

    @property
    def mixed(self) -> bool:
        """Whether it both decoded and prefilled."""
        return self.decode_requests > 0 and self.prefill_tokens > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """Constants of a cost model in milliseconds, named as in ``CostModel``.

    Attributes
    ----------
    mape, worst
        Mean and largest relative error of the fit, without sign; None where nothing
        was fitted.
    """

    dense: tuple[tuple[int, float], ...]
    a0: float = 0.0
    a1: float = 0.0
    b: float = 0.0
    p1: float = 0.0
    p2: float = 0.0
    h0: float = 0.0
    h1: float = 0.0
    mix: float = 1.0
    mape: float | None = None
    worst: float | None = None


@dataclass(frozen=True, slots=True)
class Weighted:
    """Coefficients of least squares on the relative error, none below 0."""

    values: Array
    errors: Array = field(repr=False)

    @property
    def mape(self) -> float:
        """Mean relative error, without sign."""
        return float(np.abs(self.errors).mean())

    @property
    def worst(self) -> float:
        """Largest relative error, without sign."""
        return float(np.abs(self.errors).max())


def read(path: Path) -> tuple[Step, ...]:
    """Read a table of steps.

    Raises
    ------
    ConfigError
        If it is faulty; the text names file and line.
    """
    return csv(path, COLUMNS, _step)


def fit(steps: Sequence[Step]) -> Constants:
    """Fit constants to measured steps by least squares on the relative error.

    The knots of the dense part are the numbers of tokens in the table that are nearest
    to powers of two. ``a1`` stays 0 if the table cannot tell it from the dense part.

    Raises
    ------
    ConfigError
        If the table cannot determine a coefficient; the text says what is missing.
    """
    _check(steps)
    knots = _knots(sorted({step.tokens for step in steps}))
    extra = ["a1", "b", "p2"] if _apart(steps, knots, "a1") else ["b", "p2"]
    for name in ("b", "p2"):
        if not _apart(steps, knots, name):
            raise ConfigError(f"the table cannot determine {name}: {_CURE[name]}")
    times = np.array([step.milliseconds for step in steps])

    def fitted(mix: float) -> Weighted:
        return weighted(_design(steps, knots, extra, mix), times)

    mix = _best_mix(fitted) if any(step.mixed for step in steps) else 1.0
    found = fitted(mix)
    values = dict(zip(extra, map(_short, found.values[len(knots) :]), strict=True))
    dense = map(_short, found.values[: len(knots)])
    return Constants(
        dense=tuple(zip(knots, dense, strict=True)),
        **values,
        mix=_short(mix),
        mape=found.mape,
        worst=found.worst,
    )


def row(found: Constants, path: Path) -> Profile:
    """Make a row of what was fitted to the table ``path``, named after it."""
    constants = {
        key: value
        for key, value in asdict(found).items()
        if key not in {"mape", "worst"}
    }
    return Profile(
        name=path.stem,
        hardware="not stated",
        model="not stated",
        **constants,
        kv_bytes=None,
        kv_blocks=None,
        source=f"fit of heuresis to {path.name}",
        status=Status.NOT_VALIDATED,
    )


def weighted(design: Array, times: Array) -> Weighted:
    """Solve for coefficients, at least 0, that make ``design`` times them ``times``.

    Parameters
    ----------
    design
        Shape ``(measurements, coefficients)``, no column of zeros.
    times
        Measured, positive.
    """
    from scipy.optimize import nnls

    relative = design / times[:, None]
    scale = np.linalg.norm(relative, axis=0)
    values = nnls(relative / scale, np.ones(len(times)))[0] / scale
    return Weighted(values, relative @ values - 1)


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def _step(row: Sequence[str]) -> Step:
    counts = dict(zip(COLUMNS[:4], row[:4], strict=True))
    read = {name: _COUNT.read_integer(name, text) for name, text in counts.items()}
    step = Step(**read, milliseconds=_TIME.read_real(COLUMNS[4], row[4]))
    if not step.tokens:
        raise ValueError("decode_requests and prefill_tokens are both 0")
    if step.kv_tokens and not step.decode_requests:
        raise ValueError("kv_tokens without decode_requests")
    if step.cached_tokens and not step.prefill_tokens:
        raise ValueError("cached_tokens without prefill_tokens")
    return step


def _check(steps: Sequence[Step]) -> None:
    """Refuse a table that is too long, or without steps of one kind."""
    if len(steps) > _MOST_STEPS:
        raise ConfigError(f"more than {_MOST_STEPS} steps; give a sample of them")
    alone = [step for step in steps if not step.mixed]
    if not any(step.decode_requests for step in alone):
        raise ConfigError(
            "the table cannot determine b: it has no steps that only decode; add them"
        )
    if not any(step.prefill_tokens for step in alone):
        raise ConfigError(
            "the table cannot determine p2: it has no steps that only prefill; add them"
        )


def _knots(tokens: Sequence[int]) -> tuple[int, ...]:
    """Choose the first, the last, and the nearest to each power of two between."""
    powers = (1 << power for power in range(tokens[-1].bit_length()))
    near = {
        min(tokens, key=lambda count: abs(np.log2(count / power)))
        for power in powers
        if power > tokens[0]
    }
    return tuple(sorted(near | {tokens[0], tokens[-1]}))


def _design(
    steps: Sequence[Step], knots: Sequence[int], extra: Sequence[str], mix: float
) -> Array:
    """Columns of the knots, then those of the coefficients in ``extra``."""
    tokens = np.array([step.tokens for step in steps], dtype=float)
    hats = [np.interp(tokens, knots, unit) for unit in np.eye(len(knots))]
    factor = np.array([mix if step.mixed else 1.0 for step in steps])
    terms = {
        "a1": [step.decode_requests for step in steps],
        "b": [step.kv_tokens for step in steps],
        "p2": [step.pairs for step in steps],
    }
    return np.column_stack(
        hats + [factor * np.array(terms[name], dtype=float) for name in extra]
    )


def _apart(steps: Sequence[Step], knots: Sequence[int], name: str) -> bool:
    """Whether the column of a coefficient is no sum of the other columns."""
    others = [other for other in ("a1", "b", "p2") if other != name]
    design = _design(steps, knots, [*others, name], 1.0)
    design = design / np.array([step.milliseconds for step in steps])[:, None]
    norms = np.linalg.norm(design, axis=0)
    if not norms[-1]:
        return False
    design = design[:, norms > 0] / norms[norms > 0]
    rest, column = design[:, :-1], design[:, -1]
    best = np.linalg.lstsq(rest, column, rcond=None)[0]
    return bool(np.linalg.norm(column - rest @ best) > _APART)


def _best_mix(fitted: Callable[[float], Weighted]) -> float:
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda mix: float(np.square(fitted(mix).errors).sum()),
        bounds=(1.0, _MOST_MIX),
        method="bounded",
        options={"xatol": 1e-4},
    )
    return float(found.x)

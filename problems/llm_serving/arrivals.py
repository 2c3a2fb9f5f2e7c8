"""Draw when requests come and from whom. Times are seconds, rounded to microseconds."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

GLIA_SIGMA = 2.0
"""Deviation of the logarithm of inter-arrival times in the workload of Glia."""

_DECIMALS = 6
_CHUNK = 1024


def gamma(rng: np.random.Generator, rate: float, seconds: float, cv: float) -> Floats:
    """Draw bursts: Gamma inter-arrival times; a Poisson process if ``cv`` is 1.

    Parameters
    ----------
    rate
        Mean number of requests a second.
    seconds
        The last arrival is not later.
    cv
        Deviation of the inter-arrival times over their mean: above 1 is bursty.
    """
    shape = cv**-2
    return _process(lambda size: rng.gamma(shape, 1 / (shape * rate), size), seconds)


def lognormal(
    rng: np.random.Generator, rate: float, seconds: float, sigma: float = GLIA_SIGMA
) -> Floats:
    """Draw log-normal inter-arrival times with the mean ``1 / rate``.

    Parameters
    ----------
    rate
        Mean number of requests a second.
    seconds
        The last arrival is not later.
    sigma
        Deviation of the logarithm of the times.
    """
    mean = -np.log(rate) - sigma**2 / 2
    return _process(lambda size: rng.lognormal(mean, sigma, size), seconds)


def on_off(
    rng: np.random.Generator, rate: float, seconds: float, on: float, off: float
) -> Floats:
    """Draw a client that asks at ``rate`` in phases, and not at all between them.

    Parameters
    ----------
    rate
        Mean number of requests a second in a phase: a Poisson process.
    on, off
        Mean length of a phase and of a break in seconds: exponential. It begins with
        the one or the other, by their share of the time.
    """
    active = bool(rng.random() < on / (on + off))
    now, found = 0.0, []
    while now < seconds:
        length = rng.exponential(on if active else off)
        if active:
            count = rng.poisson(rate * length)
            found.append(now + length * np.sort(rng.random(count)))
        now, active = now + length, not active
    times = np.concatenate([np.empty(0), *found])
    return np.round(times[times <= seconds], _DECIMALS)


def zipf(rng: np.random.Generator, count: int, clients: int, exponent: float) -> Ints:
    """Draw who asks: client ``i`` of ``0 .. clients - 1`` by ``(i + 1) ** -exponent``.

    Shape ``(count,)``.
    """
    weights = np.arange(1, clients + 1) ** -float(exponent)
    shares = np.cumsum(weights / weights.sum())
    found = np.searchsorted(shares, rng.random(count), side="right")
    return np.minimum(found, clients - 1).astype(np.int64)


def _process(draw: Callable[[int], Floats], seconds: float) -> Floats:
    """Sum inter-arrival times up to ``seconds``; the first request comes at 0."""
    now, found = 0.0, [np.zeros(1)]
    while now <= seconds:
        times = now + np.cumsum(draw(_CHUNK))
        found.append(times)
        now = float(times[-1])
    times = np.concatenate(found)
    return np.round(times[times <= seconds], _DECIMALS)

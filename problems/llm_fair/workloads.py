"""How the requests of many clients are drawn. Times are seconds, lengths tokens."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from problems.llm_fair.rules import UNIT

Row = tuple[float, int, int, int, tuple[int, ...]]
"""Arrival, prompt, output, client, prefix."""

_SHIFT = 6.0
"""How much longer than short outputs the long ones of ``shift`` are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Workloads of one kind, served by one engine.

    Attributes
    ----------
    group
        Name.
    kind
        ``arena``, ``onoff``, ``prefix`` or ``shift``.
    n
        Requests.
    rate
        Requests a second, of all clients together while all of them ask.
    clients
        Clients.
    bound
        Largest gap of service that costs nothing, tokens.
    blocks
        KV memory of the engine.
    hardware
        Profile of the engine.
    """

    group: str
    kind: str
    n: int
    rate: float
    clients: int
    bound: float
    blocks: int
    hardware: str


def rows(family: Family, rng: np.random.Generator) -> list[Row]:
    """Draw the requests of a family, in order of arrival."""
    found = sorted(_KINDS[family.kind](family, rng), key=lambda row: row[0])
    return found[: family.n]


def _arena(family: Family, rng: np.random.Generator) -> list[Row]:
    """Draw clients whose shares follow the law of Zipf, without prefixes."""
    shares = 1 / np.arange(1, family.clients + 1) ** 1.1
    shares = np.cumsum(shares / shares.sum())
    times = np.cumsum(rng.exponential(1 / family.rate, family.n))
    who = np.minimum(np.searchsorted(shares, rng.random(family.n)), family.clients - 1)
    return [
        (round(float(t), 3), *_lengths(rng), int(client), ())
        for t, client in zip(times, who, strict=True)
    ]


def _onoff(family: Family, rng: np.random.Generator) -> list[Row]:
    """Draw one client that asks all the time, and others that come and go."""
    each = family.rate / family.clients
    seconds = 2.0 * family.n / family.rate
    found: list[Row] = []
    for client in range(family.clients):
        rate = each if client else 2.5 * each
        t, on = 0.0, bool(client % 2)
        until = rng.exponential(8.0)
        while t < seconds:
            t += rng.exponential(1 / rate)
            while client and t > until:
                on, until = not on, until + rng.exponential(8.0)
            if on or not client:
                found.append((round(t, 3), *_lengths(rng), client, ()))
    return found


def _prefix(family: Family, rng: np.random.Generator) -> list[Row]:
    """Draw clients with two long prompts each, which their requests share."""
    lengths = rng.integers(6, 17, (family.clients, 2))
    starts = np.cumsum(lengths.ravel()) - lengths.ravel()
    shares = 1 / np.arange(1, family.clients + 1) ** 0.7
    shares = np.cumsum(shares / shares.sum())
    found: list[Row] = []
    for t in np.cumsum(rng.exponential(1 / family.rate, family.n)):
        client = min(int(np.searchsorted(shares, rng.random())), family.clients - 1)
        which = int(rng.random() < 0.4)
        units, start = int(lengths[client, which]), int(starts[2 * client + which])
        prompt, output = _lengths(rng)
        ids = tuple(range(start, start + units))
        found.append((round(float(t), 3), units * UNIT + prompt, output, client, ids))
    return found


def _shift(family: Family, rng: np.random.Generator) -> list[Row]:
    """Draw clients that change from short outputs to long ones, or back."""
    times = np.cumsum(rng.exponential(1 / family.rate, family.n))
    found: list[Row] = []
    for i, t in enumerate(times):
        client = int(rng.integers(family.clients))
        prompt, output = _lengths(rng)
        long = (i < family.n // 2) == bool(client % 2)
        output = max(1, int(output * (1.0 if long else 1 / _SHIFT)))
        found.append((round(float(t), 3), prompt, output, client, ()))
    return found


def _lengths(rng: np.random.Generator) -> tuple[int, int]:
    """Draw a prompt of 136 and an output of 256 tokens on average, as in the arena."""
    prompt = min(2000, int(rng.lognormal(4.2, 1.15)) + 1)
    output = min(1000, int(rng.lognormal(5.3, 0.75)) + 1)
    return prompt, output


_KINDS: Mapping[str, Callable[[Family, np.random.Generator], list[Row]]] = (
    MappingProxyType(
        {"arena": _arena, "onoff": _onoff, "prefix": _prefix, "shift": _shift}
    )
)

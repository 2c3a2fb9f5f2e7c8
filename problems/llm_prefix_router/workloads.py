"""How workloads with shared prefixes are drawn. Times are seconds, lengths tokens.

Chats that began before the first second are there, too, with the turns that they have
left; what their earlier turns put into a cache is not.
"""

from dataclasses import dataclass
from math import exp
from types import MappingProxyType

import numpy as np

from problems.llm_prefix_router.rules import UNIT

LEVELS = (0.0, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
TREE = {
    "first": (860, 897, 1336, 5264, 13056, 25559, 38494, 60000, 60000),
    "growth": (1, 4, 9, 23, 425, 4256, 7041, 16870, 20000),
    "output": (1, 9, 155, 351, 467, 585, 674, 1010, 2000),
    "gap": (30, 30, 66, 123, 264, 483, 615, 1477, 3500),
}
"""Quantiles at ``LEVELS``: tokens of first prompts, tokens that a turn adds to prompt
and output before it, tokens of outputs, seconds to the next turn."""

_LOGS = MappingProxyType({name: np.log(values) for name, values in TREE.items()})

_GOES_ON = (0.306, 0.419, 0.510, 0.587)
"""Probability of another turn after the first, second, third, and any later one."""

_EDITS = 0.27
"""Share of the turns that leave a part of what was before."""

LONGEST = 60_000
"""Tokens of the longest prompt that is drawn."""

_TURNS = 1.63
"""Requests of a chat, on average."""

FASTER = 12.0
"""How much faster than that of the trace the time of ``tree`` is."""

SYSTEM = 2 * UNIT
"""Tokens of a system prompt of ``chats``."""

GROUP = 28 * UNIT
"""Tokens of the shared prompt of a group: 14,336."""

Row = tuple[float, int, int, int, tuple[int, ...]]
"""Arrival, prompt, output, client, prefix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Workloads of one kind, served by four engines.

    Attributes
    ----------
    group
        Name.
    kind
        ``tree``, ``groups`` or ``chats``.
    n
        Requests.
    rate
        Requests a second, of all together, after a while.
    read
        Seconds for which loads are not read again; 0 for always fresh ones.
    blocks
        KV memory of an engine.
    prompts
        Shared prompts.
    clients
        Clients.
    hardware
        Profile of the engines.
    """

    group: str
    kind: str
    n: int
    rate: float
    read: float
    blocks: int
    prompts: int = 6
    clients: int = 6
    hardware: str = "rtxpro6000-llama3-8b"


class _Ids:
    """Ids of units that nothing had before."""

    def __init__(self) -> None:
        self._next = 0

    def extend(self, chain: list[int], length: int) -> tuple[int, ...]:
        """Make a chain at least that long; returns so much of it."""
        missing = length - len(chain)
        if missing > 0:
            chain += range(self._next, self._next + missing)
            self._next += missing
        return tuple(chain[:length])


def rows(family: Family, rng: np.random.Generator) -> list[Row]:
    """Draw the requests of a family, in order of arrival."""
    kinds = {"tree": _tree, "groups": _groups, "chats": _chats}
    found = sorted(kinds[family.kind](family, rng), key=lambda row: row[0])
    return found[: family.n]


def _tree(family: Family, rng: np.random.Generator) -> list[Row]:
    ids = _Ids()
    root: list[int] = []
    ids.extend(root, 1)
    found: list[Row] = []
    seconds = 1.25 * family.n / family.rate
    for start in _starts(family.rate / _TURNS, seconds, 1500 / FASTER, rng):
        client = int(rng.integers(family.clients))
        chain, prompt, t, turn = list(root), _value("first", rng), start, 0
        while True:
            output = _value("output", rng)
            units = ids.extend(chain, (prompt + output) // UNIT)
            if t >= 0:
                found.append((round(t, 3), prompt, output, client, units))
            if rng.random() >= _GOES_ON[min(turn, len(_GOES_ON) - 1)]:
                break
            if rng.random() < _EDITS:
                chain = chain[: int(rng.integers(1, max(2, len(chain))))]
            prompt = min(LONGEST, prompt + output + _value("growth", rng))
            t += _value("gap", rng) / FASTER
            turn += 1
    return found


def _groups(family: Family, rng: np.random.Generator) -> list[Row]:
    ids = _Ids()
    shared: list[list[int]] = [[] for _ in range(family.prompts)]
    for chain in shared:
        ids.extend(chain, GROUP // UNIT)
    weights = 1 / np.arange(1, family.prompts + 1) ** 0.8
    shares = np.cumsum(weights / weights.sum())
    found: list[Row] = []
    for t in _starts(family.rate, 1.25 * family.n / family.rate, 0.0, rng):
        group = min(int(np.searchsorted(shares, rng.random())), family.prompts - 1)
        tail = min(4000, int(rng.lognormal(5.7, 1.0)) + 1)
        output = min(1000, int(rng.lognormal(4.9, 0.8)) + 1)
        units = tuple(shared[group])
        found.append((round(t, 3), GROUP + tail, output, group, units))
    return found


def _chats(family: Family, rng: np.random.Generator) -> list[Row]:
    ids = _Ids()
    systems: list[list[int]] = [[] for _ in range(family.prompts)]
    for chain in systems:
        ids.extend(chain, SYSTEM // UNIT)
    found: list[Row] = []
    seconds = 1.25 * family.n / family.rate
    for start in _starts(family.rate / 6, seconds, 150.0, rng):
        client = int(rng.integers(family.clients))
        system = int(rng.integers(family.prompts))
        chain, prompt, t = list(systems[system]), SYSTEM, start
        for _ in range(int(rng.geometric(1 / 6))):
            prompt = min(LONGEST, prompt + min(6000, int(rng.lognormal(5.6, 1.2)) + 1))
            output = min(1200, int(rng.lognormal(5.4, 0.7)) + 1)
            units = ids.extend(chain, (prompt + output) // UNIT)
            if t >= 0:
                found.append((round(t, 3), prompt, output, client, units))
            prompt += output
            t += 0.02 * output + rng.exponential(12.0)
    return found


def _starts(
    rate: float, seconds: float, before: float, rng: np.random.Generator
) -> list[float]:
    """Draw a Poisson process from ``before`` seconds before 0."""
    length = seconds + before
    times = np.sort(rng.random(rng.poisson(rate * length))) * length - before
    return [float(t) for t in times]


def _value(name: str, rng: np.random.Generator) -> int:
    return max(1, round(exp(float(np.interp(rng.random(), LEVELS, _LOGS[name])))))

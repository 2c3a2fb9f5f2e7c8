"""How fast a set of calls could have been made, turn by turn.

A turn lasts as long as its slowest call, and the next begins when all calls of the turn
have ended. So the longest path is a bound that turns need not reach; the least time in
the fewest turns is what a planner with perfect foresight reaches.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Deps = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Plan:
    """Which calls are made in which turn, and how long all turns take together."""

    turns: tuple[tuple[int, ...], ...]
    time: int


def depths(deps: Deps) -> list[int]:
    """Count the calls on the longest chain that ends with each; deps come before."""
    found: list[int] = []
    for before in deps:
        found.append(1 + max((found[k] for k in before), default=0))
    return found


def longest_path(times: Sequence[int], deps: Deps) -> int:
    """Add up the longest chain of calls."""
    ends: list[int] = []
    for time, before in zip(times, deps, strict=True):
        ends.append(time + max((ends[k] for k in before), default=0))
    return max(ends, default=0)


def fewest_turns(times: Sequence[int], deps: Deps) -> Plan:
    """Make all calls in as few turns as possible and, so, in the least time.

    In each turn a duration is chosen that suffices for the calls that cannot wait;
    every call that is ready and fits is made in it. All sets of calls that can be
    reached are kept with their least time, but for those that another one dominates.
    """
    if not times:
        return Plan((), 0)
    search = _Search(times, deps)
    states: dict[int, tuple[int, tuple[int, ...]]] = {0: (0, ())}
    for turn in range(search.turns):
        reached: dict[int, tuple[int, tuple[int, ...]]] = {}
        for done, (time, caps) in states.items():
            for cap, after in search.moves(done, turn):
                entry = (time + cap, (*caps, after))
                if after not in reached or entry < reached[after]:
                    reached[after] = entry
        states = _undominated(reached)
    [(time, masks)] = states.values()
    turns = [
        tuple(k for k in range(len(times)) if (after & ~before) >> k & 1)
        for before, after in zip((0, *masks), masks, strict=False)
    ]
    return Plan(tuple(turns), time)


class _Search:
    """What stays the same: the calls before each, as masks, and its last turn."""

    def __init__(self, times: Sequence[int], deps: Deps) -> None:
        depth = depths(deps)
        self.turns = max(depth)
        tails = [0] * len(times)
        for k in reversed(range(len(times))):
            for before in deps[k]:
                tails[before] = max(tails[before], tails[k] + 1)
        self._times = times
        self._needs = [sum(1 << b for b in before) for before in deps]
        self._last = [self.turns - 1 - tail for tail in tails]

    def moves(self, done: int, turn: int) -> list[tuple[int, int]]:
        """Durations that the turn may have, each with what is done after it."""
        ready = sorted(
            (time, k)
            for k, time in enumerate(self._times)
            if not done >> k & 1 and not self._needs[k] & ~done
        )
        least = max((t for t, k in ready if self._last[k] <= turn), default=0)
        found: list[tuple[int, int]] = []
        after = done
        for position, (time, k) in enumerate(ready):
            after |= 1 << k
            following = ready[position + 1][0] if position + 1 < len(ready) else None
            if time >= least and time != following:
                found.append((time, after))
        return found


def _undominated(
    reached: Mapping[int, tuple[int, tuple[int, ...]]],
) -> dict[int, tuple[int, tuple[int, ...]]]:
    kept: dict[int, tuple[int, tuple[int, ...]]] = {}
    for done, entry in sorted(reached.items(), key=lambda item: (item[1], item[0])):
        if not any(done | other == other for other in kept):
            kept[done] = entry
    return kept

"""Prefixes of a scenario as runs of ids, so that long ones are small in a payload.

``[7, 8, 9, 40]`` becomes ``[7, 3, 40, 1]``: where a run begins, and how long it is. All
else is as in ``scenario``. Plain Python: it also runs in the sandbox.
"""

from collections.abc import Sequence
from typing import Any

from problems.llm_serving import scenario
from problems.llm_serving.scenario import Scenario


def encode(one: Scenario) -> dict[str, Any]:
    """Plain data of a scenario, without its name."""
    data = scenario.encode(one)
    columns = data["requests"]
    if "prefix" in columns:
        columns["prefix"] = [shorten(ids) for ids in columns["prefix"]]
    return data


def decode(payload: Any) -> Scenario:
    """Rebuild a scenario from plain data."""
    columns = dict(payload["requests"])
    if "prefix" in columns:
        columns["prefix"] = [lengthen(runs) for runs in columns["prefix"]]
    return scenario.decode({**payload, "requests": columns})


def shorten(ids: Sequence[int]) -> list[int]:
    """Give begin and length of each run of ids that follow each other."""
    runs: list[int] = []
    for one in ids:
        if runs and one == runs[-2] + runs[-1]:
            runs[-1] += 1
        else:
            runs += [one, 1]
    return runs


def lengthen(runs: Sequence[int]) -> list[int]:
    """Give the ids of runs; the inverse of ``shorten``."""
    ids: list[int] = []
    for start, length in zip(runs[::2], runs[1::2], strict=True):
        ids += range(start, start + length)
    return ids

"""Read the first requests of a published trace with hashes as one batch."""

from itertools import takewhile
from pathlib import Path

from problems.base import Imported
from problems.errors import ConfigError
from problems.llm_offline_prefix.instances import engine
from problems.llm_offline_prefix.model import Batch, Job, Node
from problems.llm_offline_prefix.reference import bounded
from problems.llm_serving import traces
from problems.llm_serving.requests import Request

COUNT = 300
"""Requests that are taken, the first ones of the trace that fit into the memory."""

BLOCKS = 2588
"""KV memory in blocks of 16 tokens: what vLLM had on the card of the pack."""


def read(path: Path) -> tuple[Imported[Batch], ...]:
    """Read the first requests of a trace as if all were there at once.

    Requests that do not fit into the KV memory are left out. Outputs are known. No
    order of an imported batch is known, its bound is the pack's.

    Raises
    ------
    ConfigError
        If it is no trace in a known format with prefixes, or faulty.
    """
    rows = traces.requests(path)
    unit = _unit(path, rows)
    fitting = [one for one in rows if one.prompt + one.output <= 16 * BLOCKS][:COUNT]
    if not fitting:
        raise ConfigError(f"{path} line 1: no request fits into {BLOCKS} blocks")
    nodes, jobs = _tree(fitting, unit)
    batch = Batch(
        id=path.stem,
        group="trace",
        nodes=tuple(nodes),
        jobs=tuple(jobs),
        engine=engine(BLOCKS, unit),
    )
    return (Imported(instance=batch, reference=bounded(batch)),)


def _unit(path: Path, rows: tuple[Request, ...]) -> int:
    """Tell the tokens of a unit: those of the format whose prefixes are so long."""
    if not any(one.prefix for one in rows):
        raise ConfigError(f"{path} line 1: a trace without hash_ids has no prefixes")
    longest = max(rows, key=lambda one: len(one.prefix))
    large = traces.MOONCAKE_UNIT
    fits = len(longest.prefix) * large < longest.prompt + large
    return large if fits else traces.BAILIAN_UNIT


def _tree(rows: list[Request], unit: int) -> tuple[list[Node], list[Job]]:
    """Make a node of each unit that two requests share; the rest is their own."""
    paths = [one.prefix[: (one.prompt - 1) // unit] for one in rows]
    count: dict[int, int] = {}
    for path in paths:
        for unit_id in path:
            count[unit_id] = count.get(unit_id, 0) + 1
    numbers: dict[int, int] = {}
    nodes: list[Node] = []
    jobs: list[Job] = []
    for one, path in zip(rows, paths, strict=True):
        shared = list(takewhile(lambda unit_id: count[unit_id] > 1, path))
        last = -1
        for unit_id in shared:
            if unit_id not in numbers:
                numbers[unit_id] = len(nodes)
                nodes.append(Node(parent=last, units=1))
            last = numbers[unit_id]
        own = one.prompt - unit * len(shared)
        jobs.append(Job(node=last, own=own, output=one.output, predicted=one.output))
    return nodes, jobs

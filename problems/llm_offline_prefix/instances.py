"""Batches with prefix trees, and the splits made of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from problems.base import Split
from problems.llm_offline_prefix.model import Batch, Job, Node
from problems.llm_serving import profiles
from problems.llm_serving.engine import EngineSpec

PROFILE = "rtx4090-llama3-8b"
UNIT = 64
"""Tokens of a unit of the prefix cache."""

BLOCKS = 776
"""KV memory in blocks of 16 tokens: 0.3 of what vLLM had on that card."""

_NOISE = 0.6
"""Deviation of the logarithm of predicted outputs, where they are not known."""

Rng = np.random.Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What batches of a group have in common.

    Attributes
    ----------
    tree
        Name of the shape of the tree.
    n
        Number of requests.
    blocks
        KV memory of the engine.
    noise
        Deviation of the logarithm of predicted outputs from the true ones, 0 if known.
    """

    tree: str
    n: int
    blocks: int = BLOCKS
    noise: float = 0.0


def _groups(rng: Rng, n: int) -> tuple[list[Node], list[Job]]:
    """Documents of up to 4096 tokens, each with its questions; some ask for essays."""
    nodes: list[Node] = []
    jobs: list[Job] = []
    while len(jobs) < n:
        size = min(n - len(jobs), 1 + int(rng.geometric(0.12)))
        nodes.append(Node(parent=-1, units=int(rng.integers(6, 65))))
        mean = float(rng.choice([20, 120, 500]))
        jobs += [_job(rng, len(nodes) - 1, mean) for _ in range(size)]
    return nodes, jobs


def _deep(rng: Rng, n: int) -> tuple[list[Node], list[Job]]:
    """Draw a common system prompt, tools behind it, examples behind these."""
    nodes = [Node(parent=-1, units=int(rng.integers(4, 12)))]
    leaves: list[int] = []
    for _ in range(int(rng.integers(4, 8))):
        nodes.append(Node(parent=0, units=int(rng.integers(8, 33))))
        tool = len(nodes) - 1
        for _ in range(int(rng.integers(2, 6))):
            nodes.append(Node(parent=tool, units=int(rng.integers(4, 25))))
            leaves.append(len(nodes) - 1)
    means = rng.choice([30, 150, 400], len(leaves))
    jobs = []
    for _ in range(n):
        at = int(rng.integers(len(leaves)))
        jobs.append(_job(rng, leaves[at], float(means[at])))
    return nodes, jobs


def _mixed(rng: Rng, n: int) -> tuple[list[Node], list[Job]]:
    """Half the requests in groups, half with nothing in common."""
    nodes, jobs = _groups(rng, n // 2)
    for _ in range(n - len(jobs)):
        own = int(rng.integers(64, 1500))
        mean = float(rng.choice([40, 300]))
        jobs.append(Job(node=-1, own=own, output=_output(rng, mean), predicted=0))
    return nodes, jobs


def _pairs(rng: Rng, n: int) -> tuple[list[Node], list[Job]]:
    """Contexts of two or three requests each."""
    nodes: list[Node] = []
    jobs: list[Job] = []
    while len(jobs) < n:
        nodes.append(Node(parent=-1, units=int(rng.integers(8, 40))))
        size = min(n - len(jobs), int(rng.integers(2, 4)))
        mean = float(rng.choice([30, 300]))
        jobs += [_job(rng, len(nodes) - 1, mean) for _ in range(size)]
    return nodes, jobs


def _books(rng: Rng, n: int) -> tuple[list[Node], list[Job]]:
    """Few contexts of up to 9600 tokens, with chapters behind them."""
    nodes: list[Node] = []
    leaves: list[int] = []
    for _ in range(4):
        nodes.append(Node(parent=-1, units=int(rng.integers(60, 121))))
        book = len(nodes) - 1
        for _ in range(3):
            nodes.append(Node(parent=book, units=int(rng.integers(4, 31))))
            leaves.append(len(nodes) - 1)
    jobs = [
        _job(rng, int(rng.choice(leaves)), float(rng.choice([60, 250])))
        for _ in range(n)
    ]
    return nodes, jobs


def _tiny(rng: Rng, n: int) -> tuple[list[Node], list[Job]]:
    """Two contexts and a request that has none, for an engine that holds few."""
    nodes = [Node(parent=-1, units=int(rng.integers(8, 25))) for _ in range(2)]
    jobs = [_job(rng, k % 2, float(rng.choice([20, 200]))) for k in range(n - 1)]
    own = int(rng.integers(300, 1200))
    return nodes, [*jobs, Job(node=-1, own=own, output=_output(rng, 80), predicted=0)]


_TREES: Mapping[str, Callable[[Rng, int], tuple[list[Node], list[Job]]]] = (
    MappingProxyType(
        {
            "groups": _groups,
            "deep": _deep,
            "mixed": _mixed,
            "pairs": _pairs,
            "books": _books,
            "tiny": _tiny,
        }
    )
)

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "groups": Family(tree="groups", n=120),
        "deep": Family(tree="deep", n=120),
        "mixed": Family(tree="mixed", n=120),
        "guess": Family(tree="groups", n=120, noise=_NOISE),
        "tiny": Family(tree="tiny", n=7, blocks=180),
        "pairs": Family(tree="pairs", n=120),
        "books": Family(tree="books", n=120, blocks=1294),
        "narrow": Family(tree="groups", n=120, blocks=466),
        "roomy": Family(tree="deep", n=160, blocks=970),
        "many": Family(tree="mixed", n=300, noise=_NOISE),
    }
)
"""By group; the order is part of the seeds."""


def draw(group: str, seed: int) -> Batch:
    """Draw one batch; equal arguments give equal batches on every machine."""
    family = FAMILIES[group]
    rng = np.random.default_rng([list(FAMILIES).index(group), seed])
    nodes, jobs = _TREES[family.tree](rng, family.n)
    factors = np.exp(family.noise * rng.standard_normal(len(jobs)))
    told = [
        Job(
            node=job.node,
            own=job.own,
            output=job.output,
            predicted=max(1, round(job.output * float(factor))),
        )
        for job, factor in zip(jobs, factors, strict=True)
    ]
    return Batch(
        id=f"{group}-s{seed}",
        group=group,
        nodes=tuple(nodes),
        jobs=tuple(told[k] for k in rng.permutation(len(told))),
        engine=engine(family.blocks),
    )


def engine(blocks: int = BLOCKS, unit: int = UNIT) -> EngineSpec:
    """Make an engine of the pack."""
    return EngineSpec(cost=profiles.cost(PROFILE), blocks=blocks, unit=unit)


@lru_cache(maxsize=len(Split))
def instances(split: Split) -> tuple[Batch, ...]:
    """Instances of a split, always in the same order."""
    known = ("groups", "deep", "mixed", "guess")
    match split:
        case Split.SMOKE:
            rows = [("tiny", 3, 1000)]
        case Split.TRAIN:
            rows = [(group, 3, 2000) for group in known]
        case Split.VALID:
            rows = [*[(group, 2, 3000) for group in known], ("tiny", 3, 3000)]
        case Split.TEST:
            rows = [*[(group, 4, 4000) for group in known], ("tiny", 6, 4000)]
        case Split.OOD:
            rows = [(group, 2, 5000) for group in list(FAMILIES)[len(known) + 1 :]]
    return tuple(
        draw(group, seed)
        for group, count, first in rows
        for seed in range(first, first + count)
    )


def _job(rng: Rng, node: int, mean: float) -> Job:
    own = int(rng.integers(16, 257))
    return Job(node=node, own=own, output=_output(rng, mean), predicted=0)


def _output(rng: Rng, mean: float) -> int:
    """Draw a length with a heavy tail, cut at 1500 tokens."""
    return int(
        np.clip(round(mean * np.exp(0.8 * rng.standard_normal() - 0.32)), 2, 1500)
    )

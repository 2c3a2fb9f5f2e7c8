"""Instances from published traces of requests, cut into windows."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from problems.base import Imported, Reference
from problems.llm_serving import traces
from problems.llm_serving.requests import Request
from problems.llm_serving.scenario import Scenario
from problems.llm_slo.instances import (
    BLOCKS,
    CHATS,
    TARGETS,
    engine,
    ready,
    scenario,
)
from problems.llm_slo.reference import alone
from problems.llm_slo.targets import Kind

WINDOW = 150
"""Requests of an instance."""


def read(path: Path) -> Sequence[Imported[Scenario]]:
    """Read a trace in any format of ``llm_serving.traces``, as chats and deadlines.

    Which request is which, and predictions of outputs, are drawn, the same for equal
    files. Raises ConfigError as ``traces.requests``.
    """
    return [
        Imported(
            instance=one,
            reference=Reference(
                lower=alone(one),
                best=None,
                proved=False,
                method="each request alone",
                source="problems.llm_slo.importer",
            ),
        )
        for one in _windows(path)
    ]


def _windows(path: Path) -> Iterator[Scenario]:
    found = traces.requests(path)
    name = path.name.split(".")[0][:60]
    for start in range(0, len(found), WINDOW):
        rng = np.random.default_rng([len(found), start])
        requests = ready(_classed(found[start : start + WINDOW], rng), rng)
        yield scenario(f"{name}-{start}", name, requests, engine(BLOCKS), TARGETS)


def _classed(requests: Sequence[Request], rng: np.random.Generator) -> list[Request]:
    first = requests[0].arrival
    return [
        replace(
            one,
            arrival=round(one.arrival - first, 3),
            prefix=(),
            client=int(Kind.CHAT if chat else Kind.DEADLINE),
        )
        for one, chat in zip(requests, rng.random(len(requests)) < CHATS, strict=True)
    ]

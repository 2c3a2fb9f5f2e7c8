"""Instances from published traces of requests, cut into windows."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from problems.base import Imported, Reference
from problems.llm_admission.instances import KINDS, Aim, engine, ready, scenario
from problems.llm_admission.reference import alone
from problems.llm_serving import traces
from problems.llm_serving.requests import Request
from problems.llm_serving.scenario import Scenario

WINDOW = 150
"""Requests of an instance."""


def read(path: Path) -> Sequence[Imported[Scenario]]:
    """Read a trace in any format of ``llm_serving.traces``; each window twice.

    Engine and targets are those of the kind ``chat``. Predictions of outputs are drawn
    anew, the same for equal files. Raises ConfigError as ``traces.requests``.
    """
    return [
        Imported(
            instance=one,
            reference=Reference(
                lower=alone(one),
                best=None,
                proved=False,
                method="each request alone",
                source="problems.llm_admission.importer",
            ),
        )
        for one in _windows(path)
    ]


def _windows(path: Path) -> Iterator[Scenario]:
    found = traces.requests(path)
    how = KINDS["chat"]
    name = path.name.split(".")[0][:60]
    for start in range(0, len(found), WINDOW):
        rng = np.random.default_rng([len(found), start])
        requests = ready(_shifted(found[start : start + WINDOW]), rng)
        for aim in Aim:
            yield scenario(
                f"{name}-{start}", name, requests, engine(how.blocks), how, aim
            )


def _shifted(requests: Sequence[Request]) -> list[Request]:
    first = requests[0].arrival
    return [
        replace(one, arrival=round(one.arrival - first, 3), prefix=())
        for one in requests
    ]

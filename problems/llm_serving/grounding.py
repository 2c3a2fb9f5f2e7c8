"""The references of the packs: bounds by name and digest of an instance, in a file."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from problems import stored
from problems.base import Json, Reference
from problems.errors import ReferenceMissingError
from problems.llm_serving.engine import EngineSpec
from problems.llm_serving.requests import Request, Served
from problems.llm_serving.scenario import Scenario, encode


class Ground(NamedTuple):
    """What is known of an instance: a bound, the best value and what attains it."""

    lower: float
    best: float
    method: str


def digest(scenario: Scenario) -> str:
    """Tell instances apart by their data."""
    data = json.dumps(encode(scenario), sort_keys=True)
    return sha256(data.encode()).hexdigest()[:16]


def reference(file: Path, pack: str, scenario: Scenario, source: str) -> Reference:
    """Look up the reference of exactly this instance.

    Raises
    ------
    ReferenceMissingError
        If the file has none.
    """
    entry = _load(file).get(scenario.id)
    if entry is None or entry[0] != digest(scenario):
        raise ReferenceMissingError(
            f"{pack} has no reference for the data of {scenario.id}; recompute them "
            f"with `heuresis problems {pack} --solve-references`"
        )
    _, lower, best, method = entry
    proved = best <= lower
    return Reference(
        lower=lower,
        best=lower if proved else best,
        proved=proved,
        method=method,
        source=source,
    )


def solve(
    file: Path,
    scenarios: Iterable[Scenario],
    ground: Callable[[Scenario], Ground],
    log: Callable[[str], None],
) -> None:
    """Compute all references anew and write them.

    Raises
    ------
    InfrastructureError
        If the file cannot be written.
    """
    rows = []
    for one in scenarios:
        found = ground(one)
        rows.append((one.id, digest(one), *found))
        log(f"{one.id}: {found.lower:.6g} to {found.best:.6g}, {found.method}")
    stored.write(file, rows)
    _load.cache_clear()


@lru_cache(maxsize=16)
def _load(file: Path) -> Mapping[str, tuple[str, float, float, str]]:
    rows: dict[str, Json] = json.loads(file.read_text(encoding="utf-8"))
    return MappingProxyType({name: tuple(row) for name, row in rows.items()})


def isolated(requests: Sequence[Request], spec: EngineSpec) -> list[Served]:
    """Serve each request alone on an engine of its own.

    No schedule is faster: a step never takes less time for more tokens or calls.
    Requests whose programs bind them, and prefixes, are not regarded.
    """
    found: dict[tuple[int, int], Served] = {}
    alone = []
    for one in requests:
        key = (one.prompt, one.output)
        if key not in found:
            found[key] = _alone(*key, spec)
        alone.append(found[key])
    return alone


def _alone(prompt: int, output: int, spec: EngineSpec) -> Served:
    request = Request(arrival=0.0, prompt=prompt, output=output)
    scenario = Scenario(id="", group="", requests=(request,), engines=(spec,))
    cluster = scenario.cluster()
    cluster.advance()
    served = cluster.served[0]
    if served is None:
        raise ValueError(f"a request of {prompt} + {output} tokens does not fit")
    return served

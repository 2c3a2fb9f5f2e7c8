"""Read workflows from JSON of two formats.

* WfFormat 1.3 to 1.5 and what follows it (WfCommons, WfInstances): tasks with run
  times, files with sizes. They get four machines of speeds 1, 1.5, 2 and 4 and a
  network of 10^8 bytes per second between any two; run times below 0.1 s count as
  0.1 s. A time unit is a millisecond.
* ``{NAME: {"cost": [[...]], "edges": [[i, j, transfer], ...]}}``: whole times by task
  and machine, transfers between machines, tasks from 0.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from problems.base import Imported, Json
from problems.dag_hetero.model import DagInstance, Edges, Rows, scaled, topological
from problems.dag_hetero.reference import bounded
from problems.errors import ConfigError

SPEEDS = (1.0, 1.5, 2.0, 4.0)
"""Of the machines that a file in WfFormat gets: it has one time for each task."""

BANDWIDTH = 1e8
"""Bytes per second from one machine to another."""

SHORTEST = 0.1
"""Run time in seconds that shorter tasks are given."""

_LARGEST = 10**12
_MOST = 5_000
"""Tasks of one workflow: judging takes time that grows with their square."""

_MOST_EDGES = 200_000


@dataclass(frozen=True, slots=True)
class _File:
    """A text, and how to refuse it at the line that holds something."""

    path: Path
    text: str

    def fail(self, fault: str, near: str = "") -> NoReturn:
        """Refuse the file at the first line that holds ``near`` as a string."""
        at = max(0, self.text.find(json.dumps(near))) if near else 0
        line = self.text.count("\n", 0, at) + 1
        raise ConfigError(f"{self.path}, line {line}: {fault}")


def read(path: Path) -> tuple[Imported[DagInstance], ...]:
    """Read all workflows of a file; all of them or none.

    Raises
    ------
    ConfigError
        If the file is in neither format; the text names file and line.
    """
    try:
        file = _File(path, path.read_text(encoding="utf-8"))
        data = json.loads(file.text)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise ConfigError(f"{path}, line {line}: not JSON: {error}") from error
    if not isinstance(data, dict) or not data:
        file.fail("not an object with a workflow, nor one with a workflow per entry")
    if isinstance(data.get("workflow"), dict):
        found = [_workflow(file, data["workflow"])]
    else:
        found = [_plain(file, name, entry) for name, entry in data.items()]
    return tuple(
        Imported(instance=one, reference=bounded(one, path.name)) for one in found
    )


def _plain(file: _File, name: str, entry: Json) -> DagInstance:
    """Read one entry of the plain format."""
    if not isinstance(entry, dict) or not {"cost", "edges"} <= set(entry):
        file.fail(
            f"{name[:40]!r} has no 'cost' and 'edges', and the file has no 'workflow'",
            name,
        )
    cost, edges = entry["cost"], entry["edges"]
    if not _whole(cost, 1) or len({len(row) for row in cost}) != 1:
        file.fail(
            f"{name[:40]!r}: cost is no list of equally long lists of whole times of 1 "
            f"to {_LARGEST}",
            name,
        )
    if edges and not (_whole(edges, 0) and {len(edge) for edge in edges} == {3}):
        file.fail(f"{name[:40]!r}: edges are no list of [task, task, transfer]", name)
    n = len(cost)
    if any(i >= n or j >= n for i, j, _ in edges):
        file.fail(f"{name[:40]!r}: an edge names a task that is not 0 to {n - 1}", name)
    rows = tuple(map(tuple, cost))
    return _checked(file, name, rows, tuple((i, j, c) for i, j, c in edges), name)


def _whole(rows: Json, least: int) -> bool:
    """Whether it is a list of lists of integers of ``least`` to the largest time."""
    return (
        isinstance(rows, list)
        and len(rows) > 0
        and all(isinstance(row, list) and row for row in rows)
        and all(type(x) is int and least <= x <= _LARGEST for row in rows for x in row)
    )


def _workflow(file: _File, workflow: Json) -> DagInstance:
    """Read a workflow in WfFormat, in the layout of either version."""
    said = workflow.get("specification", workflow)
    tasks = _records(file, said, "tasks")
    runs = tasks
    if said is not workflow:
        runs = _records(file, workflow.get("execution"), "tasks")
    names = [_name(file, task) for task in tasks]
    number = {name: i for i, name in enumerate(names)}
    if len(number) < len(names):
        again = next(name for i, name in enumerate(names) if number[name] != i)
        file.fail(f"a second task is called {again[:40]!r}", again)
    seconds = {_name(file, run): _seconds(file, run) for run in runs}
    lost = next((name for name in names if name not in seconds), None)
    if lost is not None:
        file.fail(f"task {lost[:40]!r} has no run time", lost)
    cost = tuple(
        tuple(scaled(max(SHORTEST, seconds[name]), speed) for speed in SPEEDS)
        for name in names
    )
    files = _records(file, said, "files") if "files" in said else []
    sizes = {_name(file, one): _size(file, one) for one in files}
    moved = [_files(file, task, sizes) for task in tasks]
    edges = _edges(file, tasks, number, moved)
    return _checked(file, file.path.stem, cost, edges, "tasks")


def _records(file: _File, holder: Json, key: str) -> list[dict[str, Json]]:
    found = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(found, list) or not all(isinstance(it, dict) for it in found):
        file.fail(f"no list of {key} where WfFormat has it", key)
    return found


def _name(file: _File, record: dict[str, Json]) -> str:
    name = record.get("id", record.get("name"))
    if not isinstance(name, str) or not name:
        file.fail(f"an entry without 'id' or 'name': {str(record)[:60]}", "tasks")
    return name


def _seconds(file: _File, run: dict[str, Json]) -> float:
    value = run.get("runtimeInSeconds", run.get("runtime"))
    found = _number(value)
    if found is None:
        name = _name(file, run)
        file.fail(f"run time {str(value)[:20]!r} of {name[:40]!r} is no time", name)
    return found


def _size(file: _File, record: dict[str, Json]) -> float:
    value = record.get("sizeInBytes", record.get("size"))
    found = _number(value)
    if found is None:
        name = _name(file, record)
        file.fail(f"size {str(value)[:20]!r} of {name[:40]!r} is no size", name)
    return found


def _number(value: Json) -> float | None:
    """Give a number of 0 or more; None for anything else."""
    if type(value) not in (int, float) or not 0 <= value <= 1000 * _LARGEST:
        return None
    return float(value)


def _files(
    file: _File, task: dict[str, Json], sizes: dict[str, float]
) -> tuple[set[str], dict[str, float]]:
    """Names of what a task reads, and sizes of what it writes."""
    if "files" in task:
        records = _records(file, task, "files")
        reads = {_name(file, it) for it in records if it.get("link") == "input"}
        outputs = [it for it in records if it.get("link") == "output"]
        return reads, {_name(file, it): _size(file, it) for it in outputs}
    reads = set(_strings(file, task, "inputFiles"))
    writes = _strings(file, task, "outputFiles")
    unknown = next((name for name in writes if name not in sizes), None)
    if unknown is not None:
        file.fail(f"file {unknown[:40]!r} has no size", unknown)
    return reads, {name: sizes[name] for name in writes}


def _strings(file: _File, task: dict[str, Json], key: str) -> list[str]:
    found = task.get(key, [])
    if not isinstance(found, list) or not all(isinstance(it, str) for it in found):
        name = _name(file, task)
        file.fail(f"{key} of {name[:40]!r} is no list of names", name)
    return found


def _edges(
    file: _File,
    tasks: list[dict[str, Json]],
    number: dict[str, int],
    moved: list[tuple[set[str], dict[str, float]]],
) -> Edges:
    """Edges of the named children and parents, with the time of the files between."""
    pairs: set[tuple[int, int]] = set()
    for i, task in enumerate(tasks):
        for key in ("children", "parents"):
            for name in _strings(file, task, key):
                if name not in number:
                    file.fail(f"{key} holds {name[:40]!r}, which is no task", name)
                other = number[name]
                pairs.add((i, other) if key == "children" else (other, i))
    edges = []
    for i, j in sorted(pairs):
        reads, writes = moved[j][0], moved[i][1]
        total = sum(size for name, size in writes.items() if name in reads)
        edges.append((i, j, round(1000 * total / BANDWIDTH)))
    return tuple(edges)


def _checked(
    file: _File, name: str, cost: Rows, edges: Edges, near: str
) -> DagInstance:
    """Make the instance, or refuse what is too large or goes in a circle."""
    if not 1 <= len(cost) <= _MOST or len(edges) > _MOST_EDGES:
        file.fail(
            f"{len(cost)} tasks and {len(edges)} edges; expected 1 to {_MOST} and at "
            f"most {_MOST_EDGES}",
            near,
        )
    if len({(i, j) for i, j, _ in edges}) < len(edges):
        file.fail(f"{name[:40]!r}: two edges between the same tasks", near)
    try:
        topological(len(cost), edges)
    except ValueError as error:
        file.fail(f"{name[:40]!r}: {error}", near)
    return DagInstance(id=name, group=name, cost=cost, edges=edges)

"""problems NAME --import and --fetch: instances from files, public ones too."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluators.backends.local import LocalEvaluator
from evaluators.base import Evaluation, Limits, Sandbox
from evolve.cli.judging import group_gaps
from evolve.cli.output import pairs, percent, print_json, table
from evolve.finals import judge_baselines
from problems import fetching, imported, registry
from problems.base import AnyProblem, Imported, Instance
from problems.errors import ConfigError

_SHOWN = 20


def check(wishes: Mapping[str, bool], out: Path | None) -> None:
    """Refuse options that exclude each other, and a folder that nothing goes into."""
    given = [option for option, wanted in wishes.items() if wanted]
    if len(given) > 1:
        raise ConfigError(f"{' and '.join(given)} exclude each other; give one")
    if out is not None and "--fetch" not in given:
        raise ConfigError("--out is the folder of --fetch; add it or leave --out away")


def show(name: str | None, path: Path, *, as_json: bool) -> None:
    """Read the instances of ``path`` and judge the baselines of a problem on them."""
    if name is None:
        raise ConfigError("--import needs the name of a problem")
    problem = registry.load(name)
    found = imported.read(problem, path)
    problem = imported.on(problem, found)
    judged = asyncio.run(_judge(problem))
    groups = {rule: group_gaps(problem, one) for rule, one in judged.items()}
    if as_json:
        print_json(_document(name, path, found, judged) | {"groups": groups})
        return
    _print_instances(found)
    columns = list(dict.fromkeys(one.instance.group for one in found))
    rows = [
        [rule, str(one.status), *(percent(groups[rule].get(g)) for g in columns)]
        for rule, one in judged.items()
    ]
    table("gap to the references", ["baseline", "status", *columns], rows)


def fetch(name: str | None, out: Path | None, *, as_json: bool) -> None:
    """Download the public files of a problem into ``out``."""
    if name is None:
        raise ConfigError("--fetch needs the name of a problem")
    problem = registry.load(name)
    folder = out or Path("instances") / name
    paths = fetching.fetch(problem, folder)
    rows = [
        {"path": str(path), "sha256": file.sha256, "licence": file.licence}
        for path, file in zip(paths, problem.files, strict=True)
    ]
    if as_json:
        print_json({"name": name, "files": rows})
        return
    for row, file in zip(rows, problem.files, strict=True):
        pairs({"file": row["path"], "holds": file.doc, "licence": row["licence"]})
    print(f"heuresis problems {name} --import {folder}")


async def _judge(problem: AnyProblem) -> dict[str, Evaluation]:
    evaluator = LocalEvaluator(
        problem,
        slots=os.cpu_count() or 1,
        limits=Limits(cpu_seconds=60.0),
        min_sandbox=Sandbox.NONE,
    )
    try:
        judged = await judge_baselines(problem, evaluator, 0, (imported.SPLIT,))
    finally:
        await evaluator.close()
    return {rule: by[imported.SPLIT] for rule, by in judged.items()}


def _document(
    name: str,
    path: Path,
    found: Sequence[Imported[Instance]],
    judged: Mapping[str, Evaluation],
) -> dict[str, Any]:
    return {
        "name": name,
        "source": str(path),
        "instances": [
            {
                "id": one.instance.id,
                "group": one.instance.group,
                "lower": one.reference.lower,
                "best": one.reference.best,
                "proved": one.reference.proved,
                "method": one.reference.method,
                "source": one.reference.source,
            }
            for one in found
        ],
        "baselines": {
            rule: {"status": str(one.status), "gap": one.score}
            for rule, one in judged.items()
        },
    }


def _print_instances(found: Sequence[Imported[Instance]]) -> None:
    rows = []
    for one in found[:_SHOWN]:
        known = one.reference
        best = "-" if known.best is None else f"{known.best:g}"
        proved = "yes" if known.proved else "no"
        bound = f"{known.lower:g}"
        rows.append(
            (one.instance.id, one.instance.group, bound, best, proved, known.method)
        )
    more = f", the first {_SHOWN}" if len(found) > _SHOWN else ""
    columns = ("instance", "group", "bound", "best", "proved", "bound by")
    table(f"{len(found)} instances{more}", columns, rows)

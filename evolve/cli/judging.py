"""evaluate, problems, doctor and config schema."""

import ast
import asyncio
import os
import shutil
import sys
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Any

from evaluators import bundle
from evaluators.backends.local import LocalEvaluator
from evaluators.base import LEVELS, Evaluation, EvaluationRequest, Limits, Sandbox
from evaluators.cache import CachedEvaluator, open_cache
from evaluators.sandbox import levels
from evolve import config as configs
from evolve.cli import attacks
from evolve.cli.output import (
    as_split,
    pairs,
    percent,
    plain,
    print_json,
    table,
    warn_of_weak,
)
from evolve.finals import judge_baselines
from evolve.sources import read_program
from problems import imported, registry
from problems.base import AnyProblem, Split
from problems.errors import ConfigError, InfrastructureError

JUDGED_FAILED = 1
OURS = ("evolve", "evaluators", "problems", "prompts")
KEYS = (
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "GEMINI_API_KEY",
    "OPENROUTER_API_KEY",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What to judge, as typed; either on a split or on instances from files."""

    problem: str
    file: Path
    split: str | None
    entry_point: str | None
    instances: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """What isolation to accept, as typed."""

    min_sandbox: str
    allow_weak: bool

    def least(self) -> Sandbox:
        """Weakest level to accept; raises ConfigError."""
        return levels.least(_level(self.min_sandbox), allow_weak=self.allow_weak)


def evaluate(target: Target, *, isolation: Isolation, as_json: bool) -> None:
    """Judge one file and print the verdicts."""
    problem = registry.load(target.problem)
    split = as_split(target.split or Split.TRAIN)
    if target.instances is not None:
        if target.split is not None:
            raise ConfigError("--instances and --split exclude each other; give one")
        problem = imported.on(problem, imported.read(problem, target.instances))
        split = imported.SPLIT
    try:
        source = read_program(target.file)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {target.file}: {error}") from error
    request = EvaluationRequest(
        source=source,
        entry_point=_entry_point(problem, source, target.entry_point),
        split=split,
    )
    evaluation = asyncio.run(_judge(problem, request, isolation.least()))
    warn_of_weak(evaluation.sandbox)
    document = _document(problem, evaluation)
    if target.instances is not None:
        document |= {"split": "imported", "source": str(target.instances)}
    if as_json:
        print_json(document)
    else:
        _print_evaluation(document)
    if evaluation.score is None:
        sys.exit(JUDGED_FAILED)


async def _judge(
    problem: AnyProblem, request: EvaluationRequest, min_sandbox: Sandbox
) -> Evaluation:
    evaluator = LocalEvaluator(
        problem, slots=1, limits=Limits(cpu_seconds=60.0), min_sandbox=min_sandbox
    )
    try:
        return await evaluator.evaluate(request)
    finally:
        await evaluator.close()


def _level(text: str) -> Sandbox:
    try:
        return Sandbox(text)
    except ValueError as error:
        known = ", ".join(LEVELS)
        raise ConfigError(f"no sandbox level {text!r}; known: {known}") from error


def _entry_point(problem: AnyProblem, source: str, wanted: str | None) -> str:
    """Name the function to judge: as asked for, else as the file defines."""
    if wanted is not None:
        if wanted not in problem.entry_points:
            known = ", ".join(problem.entry_points)
            raise ConfigError(f"no entry point {wanted!r}; known: {known}")
        return wanted
    try:
        tree = ast.parse(bundle.split(source).main)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return problem.default_entry_point.name
    defined = {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}
    fitting = [name for name in problem.entry_points if name in defined]
    return fitting[0] if fitting else problem.default_entry_point.name


def _document(problem: AnyProblem, evaluation: Evaluation) -> dict[str, Any]:
    instances = {i.id: i for i in problem.instances(evaluation.split)}
    rows = []
    for verdict in evaluation.verdicts:
        reference = problem.reference(instances[verdict.instance])
        rows.append(
            {
                "id": verdict.instance,
                "status": str(verdict.status),
                "objective": verdict.objective,
                "reference": (
                    reference.lower if reference.best is None else reference.best
                ),
                "proved": reference.proved,
                "gap": verdict.gap,
                "violations": list(verdict.violations),
            }
        )
    return {
        "problem": problem.name,
        "split": str(evaluation.split),
        "status": str(evaluation.status),
        "gap": evaluation.score,
        "sandbox": str(evaluation.sandbox),
        "cpu_seconds": evaluation.cpu_seconds,
        "message": evaluation.message,
        "instances": rows,
    }


def _print_evaluation(document: dict[str, Any]) -> None:
    pairs(
        {
            "problem": f"{document['problem']}, {document['split']}, "
            f"{len(document['instances'])} instances",
            "status": f"{document['status']}  {document['message']}".strip(),
            "gap": f"{percent(document['gap'], 3)} to the references",
            "CPU": f"{1000 * document['cpu_seconds']:.1f} ms",
            "sandbox": document["sandbox"],
        }
    )
    bad = [r for r in document["instances"] if r["status"] != "ok"]
    ranked = sorted(
        (r for r in document["instances"] if r["gap"] is not None),
        key=lambda r: -r["gap"],
    )
    rows = [
        (
            r["id"],
            r["status"],
            _number(r["objective"]),
            _number(r["reference"]) + ("" if r["proved"] else " (not proved)"),
            percent(r["gap"]),
            " ".join(r["violations"]),
        )
        for r in (bad + ranked)[:10]
    ]
    if rows:
        columns = ("instance", "status", "objective", "reference", "gap", "violations")
        table("worst instances", columns, rows)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def problems(name: str | None, *, solve: bool, as_json: bool) -> None:
    """List the problems or show one."""
    if name is None:
        if solve:
            raise ConfigError("--solve-references needs the name of a problem")
        _list_problems(as_json=as_json)
        return
    problem = registry.load(name)
    if solve:
        problem.solve_references(lambda text: print(plain(text), file=sys.stderr))
        return
    document, groups = asyncio.run(_describe(problem))
    if as_json:
        print_json(document)
        return
    print(problem.card.strip() + "\n")
    for point in problem.entry_points.values():
        print(f"entry point  {point.signature}\n{point.doc}\n")
    for split in (Split.TEST, Split.OOD):
        columns = ["baseline", *groups[split]]
        rows = [
            [rule, *(percent(gaps.get(g)) for g in groups[split])]
            for rule, gaps in document["groups"][split].items()
        ]
        table(f"gap to the references on {split}", columns, rows)
    references = document["references"]
    print(f"references: {references['proved']} of {references['total']} proved optimal")


def _list_problems(*, as_json: bool) -> None:
    packs = [registry.load(name) for name in registry.names()]
    if as_json:
        print_json([{"name": p.name, "title": p.title} for p in packs])
    else:
        table("", ("problem", "is"), [(p.name, p.title) for p in packs])


async def _describe(
    problem: AnyProblem,
) -> tuple[dict[str, Any], dict[Split, list[str]]]:
    limits = Limits(cpu_seconds=60.0)
    evaluator = LocalEvaluator(
        problem,
        slots=os.cpu_count() or 1,
        limits=limits,
        min_sandbox=Sandbox.NONE,
    )
    cache = open_cache(os.environ)
    splits = (Split.TRAIN, Split.VALID, Split.TEST, Split.OOD)
    try:
        judged = await judge_baselines(
            problem,
            CachedEvaluator(evaluator, problem, limits, cache) if cache else evaluator,
            0,
            splits,
        )
    finally:
        await evaluator.close()
    references = [problem.reference(i) for s in splits for i in problem.instances(s)]
    groups = {
        s: list(dict.fromkeys(i.group for i in problem.instances(s))) for s in splits
    }
    document = {
        "name": problem.name,
        "kind": str(problem.mode),
        "sense": "min",
        "title": problem.title,
        "version": problem.version,
        "entry_points": {
            p.name: {"signature": p.signature, "doc": p.doc}
            for p in problem.entry_points.values()
        },
        "splits": {s.value: len(problem.instances(s)) for s in Split},
        "baselines": {
            rule: {s.value: e.score for s, e in by.items()}
            for rule, by in judged.items()
        },
        "groups": {
            s.value: {rule: group_gaps(problem, by[s]) for rule, by in judged.items()}
            for s in splits
        },
        "references": {
            "proved": sum(r.proved for r in references),
            "total": len(references),
        },
    }
    return document, groups


def group_gaps(problem: AnyProblem, evaluation: Evaluation) -> dict[str, float]:
    """Aggregate gap of each group of instances; empty if the evaluation failed."""
    if evaluation.score is None:
        return {}
    sums: dict[str, list[float]] = {}
    instances = problem.instances(evaluation.split)
    for instance, verdict in zip(instances, evaluation.verdicts, strict=True):
        found = problem.reference(instance)
        target = found.lower if found.best is None else found.best
        assert verdict.objective is not None
        total = sums.setdefault(instance.group, [0.0, 0.0])
        total[0] += verdict.objective - target
        total[1] += target
    return {group: over / scale for group, (over, scale) in sums.items() if scale}


def doctor(*, hostile: bool, as_json: bool) -> None:
    """Show what this machine offers, and run the hostile programs if asked to."""
    document = {
        "python": sys.version.split()[0],
        "sandbox": _sandbox(),
        "solvers": _installed({"scipy": "scipy"}),
        "executors": ["local"],
        "models": {
            "litellm": util.find_spec("litellm") is not None,
            "keys": [k for k in KEYS if os.environ.get(k)],
        },
        "store": {
            "sqlite": _sqlite_version(),
            "postgresql": util.find_spec("psycopg") is not None,
        },
        "browser": shutil.which("chromium") or shutil.which("google-chrome"),
        "foreign_packages": _foreign(),
    }
    if not as_json:
        pairs({name: _words(value) for name, value in document.items()})
    reports = attacks.run() if hostile else []
    if as_json:
        extra = {"hostile": attacks.document(reports)} if hostile else {}
        print_json(document | extra)
    elif hostile:
        attacks.show(reports)
    if document["foreign_packages"]:
        raise InfrastructureError(
            "another distribution has overwritten packages of heuresis: "
            f"{document['foreign_packages']}; use a virtual environment of its own"
        )
    attacks.check(reports)


def _sandbox() -> dict[str, Any]:
    obstacles = {level.value: levels.obstacle(level) for level in LEVELS}
    offered = [level for level, reason in obstacles.items() if not reason]
    return {
        "levels": offered,
        "best": offered[-1],
        "missing": {level: reason for level, reason in obstacles.items() if reason},
    }


def _installed(names: dict[str, str]) -> dict[str, str]:
    return {
        label: metadata.version(name)
        for label, name in names.items()
        if util.find_spec(name) is not None
    }


def _sqlite_version() -> str:
    import sqlite3

    return sqlite3.sqlite_version


def _foreign() -> dict[str, list[str]]:
    """Top-level names of ours that other distributions claim too."""
    owners = metadata.packages_distributions()
    found = {name: sorted(set(owners.get(name, ())) - {"heuresis"}) for name in OURS}
    return {name: others for name, others in found.items() if others}


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {_words(v)}" for k, v in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def config_schema() -> None:
    """Print the JSON Schema of a campaign file."""
    print_json(configs.schema())

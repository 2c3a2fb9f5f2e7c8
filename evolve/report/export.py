"""Programs as files of their own, and files that are whole or not there."""

import ast
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from evaluators import bundle
from evaluators.base import Evaluation
from evolve.records import Program
from evolve.report.text import one_line, percent
from problems.base import AnyProblem, Split
from problems.errors import ConfigError

_JOINED = ", helper files included, each after a line '# FILE name.py'"
_TITLE = "A scheduling heuristic found by heuresis, as a standalone program."
_OURS = frozenset({"evolve", "evaluators", "problems", "prompts"})
_LICENCE = (
    "heuresis claims no rights to this program; if a model wrote it, that model's "
    "terms of use may apply."
)


def standalone(
    program: Program,
    evaluations: Mapping[Split, Evaluation],
    problem: AnyProblem,
    *,
    run: str,
) -> str:
    """Return Python that needs nothing of ours: a header, then the program.

    The header says where the program comes from and how it was judged; the source
    below it is unchanged. Helper files follow in the text: ``write_program`` makes a
    folder of it. ``run`` is what to type to name the run again.

    Raises
    ------
    ConfigError
        If the program imports a module of ours.
    """
    candidate = program.candidate
    whole = bundle.split(candidate.source)
    for text in (whole.main, *whole.texts.values()):
        _refuse_imports(candidate.id, text)
    digest = hashlib.sha256(candidate.source.encode()).hexdigest()
    lines = [
        # Python reads an encoding from the first two lines: no foreign text there.
        _TITLE,
        "",
        f"run        {one_line(run, 500)}",
        f"program    {candidate.id}",
        f"made by    {candidate.operator}, step {candidate.step}",
        f"parents    {', '.join(candidate.parents) or 'none'}",
        f"problem    {one_line(problem.name)}, version {problem.version}",
        *_gap_lines(evaluations, problem),
        f"heuresis   {version('heuresis')}",
        *([f"files      {', '.join(whole.texts)}"] if whole.files else []),
        f"sha256     {digest} (of all below the line{_JOINED * bool(whole.files)})",
        f"licence    {_LICENCE}",
        "-" * 70,
    ]
    header = "\n".join(f"# {line}".rstrip() for line in lines)
    return f"{header}\n{candidate.source}"


def write_atomic(path: Path, text: str) -> None:
    """Write a file so that a reader, or a crash, finds the old one or the new one.

    Raises
    ------
    OSError
        If it cannot be written; what was there is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with beside.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    _sync_folder(path.parent)


def write_program(path: Path, text: str) -> None:
    """Write a program: a file, or a folder if it has helper files.

    Raises
    ------
    ConfigError
        If there is something else in the place of the folder.
    OSError
        If it cannot be written.
    """
    whole = bundle.split(text)
    if not whole.files:
        write_atomic(path, text)
        return
    if path.suffix == ".py" or (path.exists() and not _is_ours(path)):
        raise ConfigError(
            f"the program has {len(whole.files)} helper files and becomes a folder, "
            f"which cannot take the place of {path}; name a new one"
        )
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    old = beside.with_suffix(".old")
    try:
        for name, content in {bundle.MAIN: whole.main, **whole.texts}.items():
            write_atomic(beside / name, content)
        if path.exists():
            path.rename(old)
        beside.rename(path)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    _sync_folder(path.parent)


def _is_ours(folder: Path) -> bool:
    """Whether a folder is empty, or holds nothing but a program that we wrote."""
    if not folder.is_dir():
        return False
    names = {item.name for item in folder.iterdir()}
    if not names:
        return True
    main = folder / bundle.MAIN
    is_plain = all(name.endswith(".py") or name == "__pycache__" for name in names)
    return (
        is_plain
        and main.is_file()
        and main.read_text(encoding="utf-8", errors="replace").startswith(f"# {_TITLE}")
    )


def instance_digest(problem: AnyProblem, split: Split) -> str:
    """SHA-256 over what a heuristic is shown of a split, in the order of the split."""
    digest = hashlib.sha256()
    for instance in problem.instances(split):
        facts = {"id": instance.id, "payload": problem.encode(instance)}
        digest.update(json.dumps(facts, sort_keys=True).encode())
    return digest.hexdigest()


def _gap_lines(
    evaluations: Mapping[Split, Evaluation], problem: AnyProblem
) -> list[str]:
    lines = []
    for split in (Split.TRAIN, Split.VALID, Split.TEST, Split.OOD):
        name = f"gap {split}".ljust(10)
        evaluation = evaluations.get(split)
        if evaluation is None:
            lines.append(f"{name} not evaluated")
            continue
        gap = (
            f"failed: {evaluation.status}"
            if evaluation.score is None
            else percent(evaluation.score).replace("\N{NO-BREAK SPACE}", " ")
        )
        size = len(problem.instances(split))
        digest = instance_digest(problem, split)[:16]
        lines.append(f"{name} {gap} on {size} instances, set {digest}")
    return lines


def _refuse_imports(program: str, source: str) -> None:
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            if name.partition(".")[0] in _OURS:
                raise ConfigError(
                    f"program {program[:12]} imports {name}, which is part of "
                    "heuresis, so it cannot stand alone; use it where heuresis is "
                    "installed"
                )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Verbs that only read a run: they work while it goes on, and on a copied folder."""

import difflib
import json
import sys
import time
from pathlib import Path
from typing import Any

from evaluators import bundle
from evaluators.base import Evaluation, Status
from evolve import steering
from evolve.cli import dialogues
from evolve.cli.contributing import as_document
from evolve.cli.output import as_split, note, pairs, percent, plain, print_json, table
from evolve.errors import RunNotFoundError, StoreError
from evolve.records import CampaignInfo, Program, Spent, State
from evolve.report.export import standalone, write_program
from evolve.runs import campaigns, locate
from evolve.session import Run, open_run
from problems.base import Split
from problems.errors import ConfigError

_SHOWN = 10
"""Programs in quarantine that ``status`` prints; ``--json`` has them all."""


def list_runs(where: str | None, *, as_json: bool) -> None:
    """List runs below a folder or in a store."""
    rows = [_listed(name, info) for name, info in campaigns(where)]
    if as_json:
        print_json(rows)
        return
    if not rows:
        note(f"no runs in {where or 'runs'}; start one with: heuresis run smtt")
        return
    columns = ("run", "problem", "state", "best gap on train", "candidates", "cost")
    table(
        "",
        columns,
        [
            (
                row["run"],
                row["problem"] or "-",
                row["state"],
                percent(row["best_gap"]),
                str(row["candidates"]),
                _dollars(row["cost_usd"], row["unpriced_calls"]),
            )
            for row in rows
        ],
    )


def _listed(name: str, info: CampaignInfo | StoreError) -> dict[str, Any]:
    row: dict[str, Any] = {
        "run": name,
        "problem": None,
        "state": "unreadable",
        "best_gap": None,
        "candidates": 0,
        "cost_usd": 0.0,
        "unpriced_calls": 0,
        "message": "",
    }
    if isinstance(info, StoreError):
        return row | {"message": str(info)}
    with open_run(locate(name)) as run:
        spent = run.population.spent()
        best = run.population.best(1)
        return row | {
            "problem": info.problem,
            "state": _state(run),
            "best_gap": best[0].score if best else None,
            "candidates": spent.candidates,
            "cost_usd": spent.cost_usd,
            "unpriced_calls": spent.unpriced_calls,
            "message": info.message,
        }


def status(run: str, *, as_json: bool) -> None:
    """Show how a run stands."""
    with open_run(locate(run)) as opened:
        document = _status(opened)
        if as_json:
            brought = as_document(opened.population)
            print_json(document | {"contributions": brought})
            return
    spent = document["spent"]
    pairs(
        {
            "run": document["run"],
            "state": f"{document['state']}  {document['message']}".strip(),
            "best gap": f"{percent(document['best_gap'])} on train",
            "candidates": document["candidates"],
            "statuses": _counts(document["statuses"]),
            "rejections": _counts(document["rejections"]),
            "behaviour": f"{document['twins']} programs did on every train instance "
            "what an earlier one did",
            "seconds": f"{spent['seconds']:.1f}",
            "model": f"{spent['calls']} calls, {spent['tokens']} tokens, "
            + _dollars(spent["cost_usd"], spent["unpriced_calls"]),
            "budget": _counts(document["budget"]),
            **_told(document["steering"]),
            "last event": f"{document['idle_seconds']:.0f} s ago",
        }
    )
    if document["impossible"]:
        note(
            "quarantined, since they beat a proven bound: either the pack or its "
            "references are wrong, or the judge was fooled"
        )
        table(
            "impossible",
            ("program", "step", "evidence"),
            [
                (row["id"][:12], str(row["step"]), row["message"].splitlines()[0])
                for row in document["impossible"][:_SHOWN]
            ],
        )


def _status(run: Run) -> dict[str, Any]:
    info, spent = run.population.info(), run.population.spent()
    best = run.population.best(1)
    statuses = run.population.statuses()
    return {
        "run": run.location.title,
        "state": _state(run),
        "message": info.message,
        "candidates": spent.candidates,
        "statuses": statuses,
        "impossible": _impossible(run) if statuses.get(Status.IMPOSSIBLE) else [],
        "rejections": run.population.rejections(),
        "twins": run.population.twins(),
        "best_gap": best[0].score if best else None,
        "spent": _spent(spent),
        "budget": run.campaign.budget.model_dump(exclude_none=True),
        "steering": _steering(run),
        "idle_seconds": max(0.0, time.time() - info.updated),
    }


def _steering(run: Run) -> dict[str, Any]:
    """Return what a person told the campaign."""
    found = steering.standing(run.population)
    return {
        "hints": [note.text for note in found.hints],
        "pinned": list(found.pinned),
        "banned": list(found.banned),
        "seeds": len(found.seeds),
        "seeds_waiting": steering.waiting(run.population, found.seeds),
    }


def _told(told: dict[str, Any]) -> dict[str, str]:
    """Lines of ``status`` for what was told, none for what was not."""
    lines = {
        "hints": "; ".join(text.splitlines()[0] for text in told["hints"]),
        "pinned": " ".join(program[:12] for program in told["pinned"]),
        "banned": " ".join(program[:12] for program in told["banned"]),
        "seeded": f"{told['seeds']}, {told['seeds_waiting']} waiting"
        if told["seeds"]
        else "",
    }
    return {name: text for name, text in lines.items() if text}


def _impossible(run: Run) -> list[dict[str, Any]]:
    """Programs in quarantine, in order of steps, each with its evidence."""
    found, after = [], -1
    while page := run.population.programs(after=after):
        after = page[-1].candidate.step
        found += [p for p in page if p.evaluation.status is Status.IMPOSSIBLE]
    return [
        {"id": p.id, "step": p.candidate.step, "message": p.evaluation.message}
        for p in found
    ]


def _state(run: Run) -> str:
    """State in words; a run whose process died says so."""
    state = run.population.info().state
    if state is State.RUNNING and not run.population.held():
        return "interrupted"
    return str(state)


def _spent(spent: Spent) -> dict[str, Any]:
    return {name: getattr(spent, name) for name in Spent.__dataclass_fields__}


def best(run: str, count: int, split: str, *, as_json: bool) -> None:
    """Print the best programs."""
    with open_run(locate(run)) as opened:
        programs = opened.population.best(count, as_split(split))
        documents = [_program(opened, program) for program in programs]
    if not documents:
        raise RunNotFoundError(f"{run} has no program with a score on {split}")
    if as_json:
        print_json(documents)
        return
    for document in documents:
        _print_program(document)


def show(run: str, program: str, *, as_json: bool) -> None:
    """Show one program with everything that is known of it."""
    with open_run(locate(run)) as opened:
        found = opened.population.get(program)
        document = _program(opened, found)
        session = dialogues.session(opened.population, found, opened.entry_point)
    proposal = session.calls[-1] if session.calls else None
    document["dialogue"] = dialogues.entries(session.calls)
    document["end"] = session.end
    if proposal is not None:
        document["prompt"] = {
            "template": proposal.call.prompt.template,
            "system": proposal.call.prompt.system,
            "user": proposal.call.prompt.user,
        }
        document["response"] = proposal.response.text if proposal.response else None
        document["model"] = proposal.call.model
    if as_json:
        print_json(document)
        return
    _print_program(document)
    for title, text in dialogues.paragraphs(document["dialogue"], session.end):
        print(f"\n--- {title} ---\n{plain(text)}")


def _program(run: Run, program: Program) -> dict[str, Any]:
    evaluations = run.population.evaluations(program.id)
    candidate = program.candidate
    return {
        "id": program.id,
        "step": candidate.step,
        "operator": str(candidate.operator),
        "island": candidate.island,
        "parents": list(candidate.parents),
        "rationale": candidate.rationale,
        "seconds": program.seconds,
        "gap": {s.value: _score(evaluations.get(s)) for s in Split},
        "status": str(program.evaluation.status),
        "message": program.evaluation.message,
        "sandbox": str(program.evaluation.sandbox),
        "cpu_seconds": program.evaluation.cpu_seconds,
        "instances": {
            split.value: [
                {
                    "id": v.instance,
                    "status": str(v.status),
                    "objective": v.objective,
                    "gap": v.gap,
                    "violations": list(v.violations),
                }
                for v in evaluation.verdicts
            ]
            for split, evaluation in evaluations.items()
        },
        "source": candidate.source,
        "files": list(bundle.split(candidate.source).texts),
    }


def _score(evaluation: Evaluation | None) -> float | None:
    return None if evaluation is None else evaluation.score


def _print_program(document: dict[str, Any]) -> None:
    gaps = ", ".join(
        f"{split} {percent(gap) if gap is not None else 'not evaluated'}"
        for split, gap in document["gap"].items()
        if split != Split.SMOKE
    )
    pairs(
        {
            "program": document["id"],
            "made by": f"step {document['step']}, {document['operator']}",
            "parents": " ".join(p[:12] for p in document["parents"]) or "none",
            "status": f"{document['status']} {document['message']}".strip(),
            "gaps": gaps,
            **({"files": ", ".join(document["files"])} if document["files"] else {}),
            "judged": f"{1000 * document['cpu_seconds']:.1f} CPU-ms, "
            f"sandbox {document['sandbox']}",
        }
    )
    print("\n" + plain(document["source"]))


def diff(run: str, program: str, other: str | None) -> None:
    """Print a unified diff against the parent or another program."""
    with open_run(locate(run)) as opened:
        new = opened.population.get(program)
        if other is None and not new.candidate.parents:
            raise ConfigError(
                f"{new.id[:12]} is a seed and has no parent; name another program"
            )
        old = opened.population.get(other or new.candidate.parents[0])
    lines = difflib.unified_diff(
        old.candidate.source.splitlines(),
        new.candidate.source.splitlines(),
        f"{old.id[:12]}  train {percent(old.score)}",
        f"{new.id[:12]}  train {percent(new.score)}",
        lineterm="",
    )
    print(plain("\n".join(lines)))


def lineage(run: str, program: str | None, *, as_json: bool) -> None:
    """Print the first-parent line, oldest first."""
    with open_run(locate(run)) as opened:
        last = opened.population.get(program) if program else _champion(opened)
        line = opened.population.lineage(last.id)
    if as_json:
        keys = ("id", "step", "operator")
        print_json(
            [
                {k: getattr(p.candidate, k) for k in keys}
                | {"gap": {"train": p.score}, "source": p.candidate.source}
                for p in line
            ]
        )
        return
    rows = [
        (p.id[:12], str(p.candidate.step), str(p.candidate.operator), percent(p.score))
        for p in line
    ]
    table("", ("program", "step", "made by", "train gap"), rows)


def _champion(run: Run) -> Program:
    """Best on valid if that has been judged, else best on train."""
    for split in (Split.VALID, Split.TRAIN):
        found = run.population.best(1, split)
        if found:
            return found[0]
    raise RunNotFoundError(f"{run.location.title} has no program with a score")


def log(run: str, after: int, *, times: bool) -> None:
    """Print events as JSON lines, equal for equal histories without ``times``."""
    with open_run(locate(run)) as opened:
        while events := opened.population.events(after):
            for event in events:
                line = {"seq": event.seq, "kind": event.kind, **event.payload}
                if times:
                    line["time"] = event.time
                sys.stdout.write(json.dumps(line, sort_keys=True) + "\n")
            after = events[-1].seq


def export(run: str, program: str | None, output: Path | None) -> None:
    """Write a program as a standalone file, or a folder if it has helper files."""
    with open_run(locate(run)) as opened:
        found = opened.population.get(program) if program else _champion(opened)
        text = standalone(
            found,
            opened.population.evaluations(found.id),
            opened.problem,
            run=opened.location.title,
        )
    if output is None:
        print(text, end="")
        if bundle.split(text).files:
            note("its helper files follow in this text; -o FOLDER writes them apart")
        return
    try:
        write_program(output, text)
    except OSError as error:
        raise ConfigError(f"cannot write {output}: {error.strerror}") from error
    note(f"wrote {output}")


def _dollars(value: float, unpriced: int) -> str:
    more = f" + {unpriced} calls not reported" if unpriced else ""
    return f"${value:.4f}{more}"


def _counts(counts: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in counts.items()) or "none"

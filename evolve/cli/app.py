"""All verbs in one place: options and help texts; the work is done elsewhere.

Imports inside the functions keep ``heuresis --help`` fast.
"""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="heuresis",
    help="Discover scheduling heuristics with LLM agents, and prove how good they are.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
config_app = typer.Typer(help="About campaign files.", no_args_is_help=True)
app.add_typer(config_app, name="config")

RunArgument = Annotated[
    str, typer.Argument(help="Folder of a run, its name under runs/, or URL#NAME.")
]
WeakOption = Annotated[
    bool,
    typer.Option(
        "--allow-weak-sandbox",
        help="Run even where candidates can read your files and use your network.",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on standard output.")
]


@app.command()
def run(
    target: Annotated[
        str, typer.Argument(help="A campaign file, or the name of a problem.")
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="Propose with this model: any litellm name; several may be given. "
            "Default: offline."
        ),
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="Of an OpenAI-compatible server for --model.")
    ] = None,
    budget_seconds: Annotated[
        float | None, typer.Option(help="End after so many seconds of search.")
    ] = None,
    budget_candidates: Annotated[
        int | None, typer.Option(help="End after so many judged programs.")
    ] = None,
    budget_usd: Annotated[
        float | None, typer.Option(help="End before more than this is spent.")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Evaluations at once.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of all randomness.")] = None,
    executor: Annotated[
        str | None, typer.Option(help="Where evaluations run: local or ray.")
    ] = None,
    ray_address: Annotated[
        str | None,
        typer.Option(help="Of a Ray cluster to join. Default: start one here."),
    ] = None,
    min_sandbox: Annotated[
        str | None, typer.Option(help="Refuse to run below this isolation level.")
    ] = None,
    allow_weak_sandbox: WeakOption = False,
    store: Annotated[
        str | None,
        typer.Option(
            help="URL of a PostgreSQL or SQLite store.", envvar="HEURESIS_STORE"
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the run. Default: runs/NAME-TIME.")
    ] = None,
    json_output: JsonOption = False,
) -> None:
    """Launch a discovery campaign and judge its champion on held-out instances."""
    from evolve.cli import campaigns

    options = campaigns.Options(
        models=tuple(model or ()),
        base_url=base_url,
        budget_seconds=budget_seconds,
        budget_candidates=budget_candidates,
        budget_usd=budget_usd,
        workers=workers,
        seed=seed,
        executor=executor,
        ray_address=ray_address,
        min_sandbox=min_sandbox,
        allow_weak_sandbox=allow_weak_sandbox,
    )
    campaigns.run(target, options, store=store, out=out, as_json=json_output)


@app.command()
def resume(run: RunArgument, json_output: JsonOption = False) -> None:
    """Go on with a run that was stopped or killed, within the same budget."""
    from evolve.cli import campaigns

    campaigns.resume(run, as_json=json_output)


@app.command()
def stop(run: RunArgument) -> None:
    """Ask a running campaign to stop; what is under way is finished and kept."""
    from evolve.cli import campaigns

    campaigns.stop(run)


@app.command("ls")
def list_runs(
    where: Annotated[
        str | None, typer.Argument(help="A folder of runs, or the URL of a store.")
    ] = None,
    json_output: JsonOption = False,
) -> None:
    """List runs with their state, best gap and cost."""
    from evolve.cli import reading

    reading.list_runs(where, as_json=json_output)


@app.command()
def status(run: RunArgument, json_output: JsonOption = False) -> None:
    """Show how a run stands: counts, best gap, what is spent of the budget."""
    from evolve.cli import reading

    reading.status(run, as_json=json_output)


@app.command()
def best(
    run: RunArgument,
    count: Annotated[int, typer.Option("-n", help="How many programs.")] = 1,
    split: Annotated[str, typer.Option(help="Rank on this split.")] = "train",
    json_output: JsonOption = False,
) -> None:
    """Print the best programs of a run."""
    from evolve.cli import reading

    reading.best(run, count, split, as_json=json_output)


@app.command()
def show(
    run: RunArgument,
    program: Annotated[str, typer.Argument(help="Id of a program; may be shortened.")],
    json_output: JsonOption = False,
) -> None:
    """Show one program: code, parents, status, scores, prompt and response."""
    from evolve.cli import reading

    reading.show(run, program, as_json=json_output)


@app.command()
def diff(
    run: RunArgument,
    program: Annotated[str, typer.Argument(help="Id of a program.")],
    other: Annotated[
        str | None, typer.Argument(help="Compare with this one; default: its parent.")
    ] = None,
) -> None:
    """Show how a program differs from its parent or from another one."""
    from evolve.cli import reading

    reading.diff(run, program, other)


@app.command()
def lineage(
    run: RunArgument,
    program: Annotated[
        str | None, typer.Argument(help="Id of a program; default: the best one.")
    ] = None,
    json_output: JsonOption = False,
) -> None:
    """Show the line of programs from a seed to this one."""
    from evolve.cli import reading

    reading.lineage(run, program, as_json=json_output)


@app.command()
def log(
    run: RunArgument,
    after: Annotated[int, typer.Option(help="Only events after this number.")] = -1,
    times: Annotated[bool, typer.Option(help="Add the time of each event.")] = False,
) -> None:
    """Print the event log, one JSON document a line."""
    from evolve.cli import reading

    reading.log(run, after, times=times)


@app.command()
def report(run: RunArgument, json_output: JsonOption = False) -> None:
    """Judge the champion on held-out instances and write report.html."""
    from evolve.cli import campaigns

    campaigns.report(run, as_json=json_output)


@app.command()
def export(
    run: RunArgument,
    program: Annotated[
        str | None, typer.Argument(help="Id of a program; default: the champion.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", help="File to write; default: print it.")
    ] = None,
) -> None:
    """Write a program as a standalone Python file with its provenance."""
    from evolve.cli import reading

    reading.export(run, program, output)


@app.command()
def compare(
    targets: Annotated[
        list[str],
        typer.Argument(help="Problems or campaign files to run, or runs to compare."),
    ],
    strategy: Annotated[
        list[str] | None,
        typer.Option(help="Run this one, repeatable; best_of_n always. Default: all."),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Seeds 0, 1, … of each.")] = 5,
    budget_candidates: Annotated[
        int, typer.Option(min=1, help="Judged programs of each run.")
    ] = 200,
    model: Annotated[
        str | None,
        typer.Option(
            help="Propose with this model: any litellm name. Default: offline."
        ),
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="Of an OpenAI-compatible server for --model.")
    ] = None,
    workers: Annotated[
        int,
        typer.Option(min=1, help="Evaluations and calls at once; 1 repeats exactly."),
    ] = 1,
    test: Annotated[
        bool, typer.Option("--test", help="Also judge the champions on test.")
    ] = False,
    allow_weak_sandbox: WeakOption = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the runs; finished ones in it are used again. "
            "Default: runs/compare-TIME."
        ),
    ] = None,
    json_output: JsonOption = False,
) -> None:
    """Run strategies with equal budgets and several seeds, and test the difference."""
    from evolve.cli import campaigns, comparing

    options = campaigns.Options(
        models=() if model is None else (model,),
        base_url=base_url,
        budget_seconds=None,
        budget_candidates=budget_candidates,
        budget_usd=None,
        workers=workers,
        seed=None,
        executor=None,
        ray_address=None,
        min_sandbox=None,
        allow_weak_sandbox=allow_weak_sandbox,
        concurrency=workers,
    )
    study = comparing.StudyOptions(
        strategies=tuple(strategy or ()),
        seeds=seeds,
        candidates=budget_candidates,
        test=test,
        out=out,
    )
    comparing.compare(targets, options, study, as_json=json_output)


@app.command()
def evaluate(
    problem: Annotated[str, typer.Argument(help="Name of a problem.")],
    file: Annotated[Path, typer.Argument(help="Program with the evolve block.")],
    split: Annotated[str, typer.Option(help="Instances to judge on.")] = "train",
    entry_point: Annotated[
        str | None, typer.Option(help="Default: the one that the file defines.")
    ] = None,
    min_sandbox: Annotated[
        str, typer.Option(help="Refuse to run below this isolation level.")
    ] = "seccomp",
    allow_weak_sandbox: WeakOption = False,
    json_output: JsonOption = False,
) -> None:
    """Judge one file as a campaign would."""
    from evolve.cli import judging

    judging.evaluate(
        judging.Target(
            problem=problem, file=file, split=split, entry_point=entry_point
        ),
        isolation=judging.Isolation(
            min_sandbox=min_sandbox, allow_weak=allow_weak_sandbox
        ),
        as_json=json_output,
    )


@app.command()
def problems(
    name: Annotated[str | None, typer.Argument(help="Show this one.")] = None,
    solve_references: Annotated[
        bool, typer.Option(help="Recompute the ground truth that the pack ships.")
    ] = False,
    json_output: JsonOption = False,
) -> None:
    """List the problems, or show one with its baselines and their gaps."""
    from evolve.cli import judging

    judging.problems(name, solve=solve_references, as_json=json_output)


@app.command()
def doctor(
    hostile: Annotated[
        bool,
        typer.Option(
            "--hostile",
            help="Run over 150 harmful programs at every sandbox level; minutes.",
        ),
    ] = False,
    json_output: JsonOption = False,
) -> None:
    """Show what this machine offers, and what is wrong with the installation."""
    from evolve.cli import judging

    judging.doctor(hostile=hostile, as_json=json_output)


@config_app.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of a campaign file."""
    from evolve.cli import judging

    judging.config_schema()

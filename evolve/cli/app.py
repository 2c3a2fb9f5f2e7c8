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
new_app = typer.Typer(help="Begin something of your own.", no_args_is_help=True)
app.add_typer(new_app, name="new")

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
def bench(
    name: Annotated[
        str, typer.Argument(help="A benchmark of language models, or all of them: all.")
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(help="Any litellm name, or baseline/NAME; several may be given."),
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="Of an OpenAI-compatible server for --model.")
    ] = None,
    sample_set: Annotated[
        str | None, typer.Option("--samples", help="A frozen set. Default: the first.")
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change a setting: NAME=VALUE, the value in JSON."),
    ] = None,
    profile: Annotated[
        Path | None, typer.Option(help="TOML file of settings that differ.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="So many samples, spread over the set.")
    ] = None,
    temperature: Annotated[float, typer.Option(min=0, max=2)] = 0.0,
    max_tokens: Annotated[int, typer.Option(min=16, help="Of one answer.")] = 4096,
    concurrency: Annotated[int, typer.Option(min=1, help="Calls in flight.")] = 4,
    budget_usd: Annotated[
        float | None, typer.Option(help="End a model before it costs more than this.")
    ] = None,
    budget_tokens: Annotated[
        int | None, typer.Option(help="End a model before it uses more than this.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of sampling, and of baselines.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the results; the same again goes on with it."),
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option(help="Have this model judge tps too, and say how far it agrees."),
    ] = None,
    live: Annotated[
        Path | None,
        typer.Option(help="Call real MCP servers: an mcp.json, as clients have (tps)."),
    ] = None,
    cassette: Annotated[
        Path | None,
        typer.Option(help="Where --live records calls; without it, replay them."),
    ] = None,
    call_timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds that a call of --live may take.")
    ] = 60.0,
    inspect_log: Annotated[
        bool,
        typer.Option("--inspect-log", help="Write logs of inspect_ai too (extra)."),
    ] = False,
    show: Annotated[
        bool, typer.Option("--show", help="Show sets, baselines and settings only.")
    ] = False,
    json_output: JsonOption = False,
) -> None:
    """Benchmark language models beside baselines that need none."""
    from evolve.bench.live import LiveOptions
    from evolve.cli import benching

    if show:
        benching.describe(name, as_json=json_output)
        return
    options = benching.BenchOptions(
        models=tuple(dict.fromkeys(model or ())),
        base_url=base_url,
        set=sample_set,
        changes=tuple(change or ()),
        profile=profile,
        limit=limit,
        temperature=temperature,
        max_tokens=max_tokens,
        concurrency=concurrency,
        budget_usd=budget_usd,
        budget_tokens=budget_tokens,
        seed=seed,
        out=out,
        inspect_log=inspect_log,
        judge=judge,
        live=LiveOptions(servers=live, cassette=cassette, timeout=call_timeout),
    )
    benching.bench(name, options, as_json=json_output)


@app.command()
def estimate(
    target: Annotated[
        str, typer.Argument(help="A campaign file, or the name of a problem.")
    ],
    model: Annotated[
        str | None, typer.Option(help="Propose with this model. Default: offline.")
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
    json_output: JsonOption = False,
) -> None:
    """Tell what a campaign would use and cost; asks no model, needs no key."""
    from evolve.cli import campaigns, estimating

    options = campaigns.Options(
        models=() if model is None else (model,),
        base_url=base_url,
        budget_seconds=budget_seconds,
        budget_candidates=budget_candidates,
        budget_usd=budget_usd,
        workers=workers,
        seed=None,
        executor=None,
        ray_address=None,
        min_sandbox=None,
        allow_weak_sandbox=False,
    )
    estimating.estimate(target, options, as_json=json_output)


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


@app.command()
def note(
    run: RunArgument,
    text: Annotated[str, typer.Argument(help="What the models should know.")],
) -> None:
    """Leave a hint that stands in every prompt from now on."""
    from evolve.cli import steering

    steering.note(run, text)


@app.command()
def pin(
    run: RunArgument,
    program: Annotated[str, typer.Argument(help="Id of a program; may be shortened.")],
) -> None:
    """Keep a program alive for good, so that it is bred from."""
    from evolve.cli import steering

    steering.pin(run, program)


@app.command()
def ban(
    run: RunArgument,
    program: Annotated[str, typer.Argument(help="Id of a program; may be shortened.")],
) -> None:
    """Take a program out of all islands for good; its record stays."""
    from evolve.cli import steering

    steering.ban(run, program)


@app.command()
def seed(
    run: RunArgument,
    program: Annotated[
        str,
        typer.Argument(help="A file or folder with the evolve block, or a baseline."),
    ],
) -> None:
    """Have a program of yours judged next and taken into the population."""
    from evolve.cli import steering

    steering.seed(run, program)


@app.command()
def mcp(
    target: Annotated[
        str, typer.Argument(help="A run, or a problem or campaign file to begin with.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder of a new run. Default: runs/NAME-TIME.")
    ] = None,
    budget_candidates: Annotated[
        int | None, typer.Option(help="Of a new run. Default: 100.")
    ] = None,
) -> None:
    """Serve a campaign over MCP, so that any coding agent can be its proposer."""
    from evolve.cli import serving

    serving.mcp(target, out=out, budget_candidates=budget_candidates)


@app.command()
def serve(
    name: Annotated[str, typer.Argument(help="A benchmark with simulated tools: tps.")],
    server: Annotated[
        str | None, typer.Option(help="Serve this one on standard input and output.")
    ] = None,
    http: Annotated[
        int | None,
        typer.Option(
            min=1, max=65535, help="Serve all over HTTP at this port of 127.0.0.1."
        ),
    ] = None,
    world_seed: Annotated[int, typer.Option(help="Of the tables behind.")] = 0,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Answer without the simulated latency.")
    ] = False,
    config: Annotated[
        bool,
        typer.Option("--config", help="Print the mcp.json for clients, serve nothing."),
    ] = False,
) -> None:
    """Serve the simulated tools of a benchmark over MCP, for any client."""
    from evolve.cli import serving

    serving.serve(
        name,
        serving.ServeOptions(
            server=server,
            http=http,
            world_seed=world_seed,
            at_once=at_once,
            config=config,
        ),
    )


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
def contributions(run: RunArgument, json_output: JsonOption = False) -> None:
    """Show what each operator, model and island brought, and what it cost."""
    from evolve.cli import contributing

    contributing.contributions(run, as_json=json_output)


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
        Path | None,
        typer.Option("-o", help="File or folder to write; default: print it."),
    ] = None,
) -> None:
    """Write a program as standalone Python with its provenance.

    A program with helper files becomes a folder with main.py.
    """
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
    budget_calls: Annotated[
        int | None,
        typer.Option(
            min=1, help="Questions to --model of each run, instead of judged programs."
        ),
    ] = None,
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
        calls=budget_calls,
        test=test,
        out=out,
    )
    comparing.compare(targets, options, study, as_json=json_output)


@app.command()
def cassette(
    run: RunArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="File to make.")],
) -> None:
    """Write a run as one file that can be replayed without a model."""
    from evolve.cli import replaying

    replaying.cassette(run, out)


@app.command()
def replay(
    source: Annotated[str, typer.Argument(help="A cassette, or a run.")],
    out: Annotated[
        Path | None, typer.Option(help="Keep the replayed run in this new folder.")
    ] = None,
    json_output: JsonOption = False,
) -> None:
    """Patch, judge and place all of a run again, and report every difference."""
    from evolve.cli import replaying

    replaying.replay(source, out, as_json=json_output)


@app.command()
def evaluate(
    problem: Annotated[str, typer.Argument(help="Name of a problem.")],
    file: Annotated[
        Path, typer.Argument(help="Program with the evolve block, or a folder.")
    ],
    split: Annotated[
        str | None, typer.Option(help="Instances to judge on. Default: train.")
    ] = None,
    instances: Annotated[
        Path | None,
        typer.Option(help="Judge on the instances of this file or folder instead."),
    ] = None,
    entry_point: Annotated[
        str | None, typer.Option(help="Default: the one that the file defines.")
    ] = None,
    min_sandbox: Annotated[
        str, typer.Option(help="Refuse to run below this isolation level.")
    ] = "seccomp",
    allow_weak_sandbox: WeakOption = False,
    json_output: JsonOption = False,
) -> None:
    """Judge one file, or one folder with main.py, as a campaign would."""
    from evolve.cli import judging

    judging.evaluate(
        judging.Target(
            problem=problem,
            file=file,
            split=split,
            entry_point=entry_point,
            instances=instances,
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
    import_from: Annotated[
        Path | None,
        typer.Option(
            "--import",
            help="Read this file or folder of instances and judge the baselines on "
            "them; `evaluate --instances` judges a heuristic.",
        ),
    ] = None,
    fetch: Annotated[
        bool,
        typer.Option(help="Download the public instance files that the pack names."),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for --fetch. Default: instances/NAME."),
    ] = None,
    json_output: JsonOption = False,
) -> None:
    """List the problems, or show one with its baselines and their gaps."""
    from evolve.cli import importing, judging

    importing.check(
        {
            "--solve-references": solve_references,
            "--import": import_from is not None,
            "--fetch": fetch,
        },
        out,
    )
    if fetch:
        importing.fetch(name, out, as_json=json_output)
        return
    if import_from is not None:
        importing.show(name, import_from, as_json=json_output)
        return
    judging.problems(name, solve=solve_references, as_json=json_output)


@app.command()
def calibrate(
    table: Annotated[
        Path,
        typer.Argument(
            help="CSV file of measured steps: decode_requests, kv_tokens, "
            "prefill_tokens, cached_tokens, milliseconds."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Also write the row to this file.")
    ] = None,
    json_output: JsonOption = False,
) -> None:
    """Fit the cost model of LLM serving to the latencies of your hardware."""
    from evolve.cli import calibrating

    calibrating.calibrate(table, out, as_json=json_output)


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


@new_app.command("problem")
def new_problem(
    name: Annotated[str, typer.Argument(help="Lower-case, such as my_shop.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder to make. Default: heuresis-NAME.")
    ] = None,
) -> None:
    """Write a problem pack with its tests that runs at once."""
    from evolve.cli import creating

    creating.problem(name, out)

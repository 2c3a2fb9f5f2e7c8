"""The end of a run: judge what was held out, and report it."""

import asyncio
import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

import numpy as np

from evaluators import bundle, statistics
from evaluators.backends.opening import SandboxedEvaluator
from evaluators.base import LEVELS, Evaluation, EvaluationRequest, Status
from evolve.finals import HeldOut, hold_out
from evolve.ports import Population
from evolve.records import EMBEDDER, Operator, Program, ProgramId, Proposal
from evolve.report.contributions import contributions
from evolve.report.export import standalone, write_atomic, write_program
from evolve.report.html import render
from evolve.report.records import (
    Ancestor,
    Conditions,
    Gantt,
    GanttPanel,
    InstanceGaps,
    ModelCost,
    Point,
    RunReport,
    SplitFacts,
    Standing,
)
from evolve.report.summary import to_json
from evolve.session import Run, final_evaluator, remembering
from problems.base import AnyProblem, Json, Split
from problems.errors import ConfigError

CHAMPION = "champion"
OFFLINE = "typed genetic programming"
CLAIMED = Split.TEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Answers to one instance: the champion's and an optimal one, if known."""

    instance: str
    answer: Json
    optimum: Json


_BEST = ("best.py", "best")
"""Names of the champion: a single file, a folder."""


def conclude(run: Run) -> RunReport:
    """Judge the champion on what was held out, and write the files of the run.

    Raises
    ------
    ConfigError
        If the folder of the run cannot be written.
    """
    held_out, picture = asyncio.run(_judged(run))
    report = collect(run, held_out, picture)
    folder = run.location.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(folder / "report.html", render(report))
        text = json.dumps(to_json(report), indent=2, ensure_ascii=False)
        write_atomic(folder / "report.json", text + "\n")
        if held_out is not None:
            _keep_best(run, held_out)
    except OSError as error:
        raise ConfigError(
            f"cannot write the report to {folder}: {error.strerror}; the run itself "
            f"is kept, heuresis report {run.location.title} tries again"
        ) from error
    return report


def _keep_best(run: Run, held_out: HeldOut) -> None:
    """Write the champion, and remove an earlier one of the other form."""
    best = _best(run, held_out)
    write_program(best, _exported(run, held_out))
    file, folder = (run.location.folder / name for name in _BEST)
    if best == folder:
        file.unlink(missing_ok=True)
    else:
        shutil.rmtree(folder, ignore_errors=True)


def _best(run: Run, held_out: HeldOut | None) -> Path:
    """Return where a run keeps its champion: a file, or a folder of several."""
    has_files = held_out and bundle.split(held_out.champion.candidate.source).files
    return run.location.folder / _BEST[bool(has_files)]


def _exported(run: Run, held_out: HeldOut) -> str:
    return standalone(
        held_out.champion,
        held_out.evaluations,
        run.problem,
        run=run.location.title,
    )


async def _judged(run: Run) -> tuple[HeldOut | None, Picture | None]:
    async with final_evaluator(run) as evaluator:
        held_out = await hold_out(
            run.population,
            run.problem,
            remembering(run, evaluator),
            entry_point=run.entry_point,
            seed=run.campaign.seed,
            finalists=run.campaign.finalists,
        )
        if held_out is None:
            return None, None
        return held_out, await _picture(run, held_out, evaluator)


async def _picture(
    run: Run, held_out: HeldOut, evaluator: SandboxedEvaluator
) -> Picture | None:
    """Choose the instance of the Gantt chart: the median gap that is not zero."""
    verdicts = held_out.evaluations[CLAIMED].verdicts
    gaps = sorted((v.gap, v.instance) for v in verdicts if v.gap)
    if not gaps:
        return None
    _, chosen = gaps[len(gaps) // 2]
    request = EvaluationRequest(
        source=held_out.champion.candidate.source,
        entry_point=run.entry_point,
        split=CLAIMED,
        seed=run.campaign.seed,
    )
    answers = await evaluator.answers(request)
    for instance, answer in zip(run.problem.instances(CLAIMED), answers, strict=False):
        if instance.id == chosen:
            optimum = run.problem.optimum(instance)
            return Picture(instance=chosen, answer=answer, optimum=optimum)
    return None


def collect(run: Run, held_out: HeldOut | None, picture: Picture | None) -> RunReport:
    """Build the report of a run from its population and its held-out judgements."""
    population, problem = run.population, run.problem
    points, examples, weakest = _history(population)
    plain = RunReport(
        campaign=population.info(),
        spent=population.spent(),
        title=problem.title,
        conditions=_conditions(run, weakest, held_out),
        splits={split: _facts(run, split) for split in Split},
        points=tuple(points),
        statuses=population.statuses(),
        rejections=population.rejections(),
        twins=population.twins(),
        examples=examples,
        gantt=_gantt(problem, run.entry_point, picture),
        costs=tuple(_costs(population)),
        contributions=contributions(population),
    )
    if held_out is None:
        return plain
    seed = np.random.SeedSequence(run.campaign.seed)
    rng = statistics.Draws(np.random.default_rng(seed))
    return replace(
        plain,
        champion=_standing(problem, CHAMPION, held_out.evaluations, rng),
        baselines=tuple(
            _standing(problem, name, by, rng, problem.baselines[name].citation)
            for name, by in held_out.baselines.items()
        ),
        claims=_claims(problem, held_out, rng),
        lineage=tuple(_ancestry(population, held_out.champion.id)),
        instances=tuple(_instances(problem, held_out)),
    )


def sample(problem: AnyProblem, evaluation: Evaluation) -> statistics.Sample | None:
    """Objectives with references and groups; None if the evaluation has no score."""
    if evaluation.score is None:
        return None
    instances = problem.instances(evaluation.split)
    references = [problem.reference(instance) for instance in instances]
    return statistics.Sample(
        objective=[v.objective for v in evaluation.verdicts if v.objective is not None],
        reference=[r.lower if r.best is None else r.best for r in references],
        group=[instance.group for instance in instances],
    )


def _standing(
    problem: AnyProblem,
    name: str,
    evaluations: Mapping[Split, Evaluation],
    rng: statistics.Draws,
    citation: str = "",
) -> Standing:
    samples = {s: sample(problem, e) for s, e in evaluations.items()}
    scored = {s: x for s, x in samples.items() if x is not None}
    return Standing(
        name=name,
        overall={s: statistics.score_interval(x, rng) for s, x in scored.items()},
        groups={s: statistics.group_intervals(x, rng) for s, x in scored.items()},
        failed={s: evaluations[s].status for s in evaluations if s not in scored},
        citation=citation,
    )


def _claims(
    problem: AnyProblem, held_out: HeldOut, rng: statistics.Draws
) -> tuple[statistics.Claim, ...]:
    """Compare the champion with every baseline on test; one Holm family."""
    ours = _scored(problem, held_out.evaluations)
    if ours is None:
        return ()
    comparisons = {}
    for name, by in held_out.baselines.items():
        theirs = _scored(problem, by)
        if theirs is not None:
            difference = statistics.paired_difference(ours, theirs, rng)
            comparisons[name, CLAIMED] = difference
    return statistics.claims(comparisons)


def _scored(
    problem: AnyProblem, evaluations: Mapping[Split, Evaluation]
) -> statistics.Sample | None:
    evaluation = evaluations.get(CLAIMED)
    return None if evaluation is None else sample(problem, evaluation)


def _history(
    population: Population,
) -> tuple[list[Point], dict[str, str], str]:
    """Points of the search, an example of each failure, the weakest sandbox."""
    points: list[Point] = []
    examples: dict[str, str] = {}
    weakest = len(LEVELS) - 1
    for program in _programs(population):
        evaluation = program.evaluation
        weakest = min(weakest, LEVELS.index(evaluation.sandbox))
        if evaluation.status is not Status.OK:
            examples.setdefault(str(evaluation.status), evaluation.message)
        points.append(
            Point(
                step=program.candidate.step,
                seconds=program.seconds,
                program=program.id,
                operator=program.candidate.operator,
                status=evaluation.status,
                score=program.score,
            )
        )
    return points, examples, str(LEVELS[weakest]) if points else "none"


def _programs(population: Population) -> Iterator[Program]:
    after = -1
    while page := population.programs(after):
        yield from page
        after = page[-1].candidate.step


def _ancestry(population: Population, champion: ProgramId) -> Iterator[Ancestor]:
    for program in population.lineage(champion):
        valid = population.evaluations(program.id).get(Split.VALID)
        yield Ancestor(
            program=program,
            author=_author(population, program),
            valid=None if valid is None else valid.score,
        )


def _author(population: Population, program: Program) -> str:
    if program.candidate.operator is Operator.SEED:
        return program.candidate.rationale
    said = population.dialogue(program.candidate.step)
    dialogue = [proposal for proposal in said if proposal.call.role != EMBEDDER]
    if not dialogue:
        return OFFLINE
    last = dialogue[-1]
    return last.response.model if last.response else last.call.model


def _instances(problem: AnyProblem, held_out: HeldOut) -> Iterator[InstanceGaps]:
    judged = {CHAMPION: held_out.evaluations, **held_out.baselines}
    gaps = {
        name: {v.instance: v.gap for v in by[CLAIMED].verdicts}
        for name, by in judged.items()
        if CLAIMED in by
    }
    for instance in problem.instances(CLAIMED):
        reference = problem.reference(instance)
        yield InstanceGaps(
            instance=instance.id,
            group=instance.group,
            reference=reference.lower if reference.best is None else reference.best,
            proved=reference.proved,
            gaps={name: by.get(instance.id) for name, by in gaps.items()},
        )


def _gantt(
    problem: AnyProblem, entry_point: str, picture: Picture | None
) -> Gantt | None:
    if picture is None:
        return None
    (instance,) = (i for i in problem.instances(CLAIMED) if i.id == picture.instance)
    reference = problem.reference(instance)
    panels = []
    for title, answer in (
        (CHAMPION, picture.answer),
        ("proven optimum" if reference.proved else "best known", picture.optimum),
    ):
        objective = None
        if answer is not None:
            objective = problem.verify(instance, entry_point, answer).objective
        if objective is None:
            continue
        target = reference.best or reference.lower
        panels.append(
            GanttPanel(
                title=title,
                objective=objective,
                bars=tuple(problem.gantt(instance, answer)),
                gap=(objective - target) / target if target else None,
                charts=tuple(problem.charts(instance, answer))
                if problem.charts
                else (),
            )
        )
    if not panels:
        return None
    return Gantt(
        instance=picture.instance, panels=tuple(panels), picture=problem.picture
    )


def _facts(run: Run, split: Split) -> SplitFacts:
    references = [run.problem.reference(i) for i in run.problem.instances(split)]
    return SplitFacts(
        instances=len(references),
        proved=sum(r.proved for r in references),
        judged=sum(run.population.statuses(split).values()),
        methods=tuple(dict.fromkeys(r.method for r in references)),
    )


def _proposals(population: Population) -> Iterator[Proposal]:
    after = (-1, -1)
    while page := population.proposals(after):
        yield from page
        after = page[-1].call.key


def _costs(population: Population) -> Iterator[ModelCost]:
    """Sum up the calls by model and operator."""
    sums: dict[tuple[str, str], list[float]] = {}
    programs = {p.candidate.step for p in _programs(population)}
    for proposal in _proposals(population):
        call, usage = proposal.call, None
        if proposal.response is not None:
            usage = proposal.response.usage
        row = sums.setdefault((call.model, str(call.operator)), [0] * 6)
        row[0] += 1
        row[1 if call.step in programs else 2] += 1
        if usage is not None and usage.prompt_tokens is not None:
            row[3] += usage.prompt_tokens + (usage.completion_tokens or 0)
        if usage is not None and usage.cost_usd is not None:
            row[4] += usage.cost_usd
        else:
            row[5] += 1
    for (model, operator), row in sums.items():
        calls, unpriced = int(row[0]), int(row[5])
        yield ModelCost(
            model=model,
            operator=operator,
            calls=calls,
            programs=int(row[1]),
            rejected=int(row[2]),
            tokens=int(row[3]) or None,
            cost_usd=row[4] if unpriced < calls else None,
            unpriced_calls=unpriced,
        )


def _conditions(run: Run, sandbox: str, held_out: HeldOut | None) -> Conditions:
    section = run.campaign.evaluator
    title = run.location.title
    notes = []
    notes += [
        f"The model {model.name.partition(':')[0]} is no language model."
        for model in run.campaign.ensemble
        if model.name.startswith(("scripted:", "replay:"))
    ]
    if held_out is not None:
        notes.append(
            f"The champion is the best on valid of the {held_out.finalists} best "
            "programs on train that differ in behaviour; test and ood were judged "
            "after that choice."
        )
    return Conditions(
        command=f"heuresis run {run.location.folder}/campaign.toml",
        sandbox=sandbox,
        next_commands={
            f"heuresis lineage {title}": "how the champion came about",
            f"heuresis export {title} -o rule.py": "the rule as a file of its own",
            f"heuresis best {title} -n 5": "the five best programs",
        },
        versions={
            "heuresis": metadata.version("heuresis"),
            "Python": sys.version.split()[0],
            f"pack {run.problem.name}": str(run.problem.version),
        },
        limits={
            "CPU time": f"{section.cpu_seconds:g} s a split",
            "memory": f"{section.memory_mb} MiB",
        },
        paths={
            "report": str(run.location.folder / "report.html"),
            "heuristic": str(_best(run, held_out)),
            "population": run.location.url.rpartition("///")[2]
            if run.location.url.startswith("sqlite")
            else title,
        },
        notes=tuple(notes),
    )

"""A made-up run that looks like a real one, and its edge cases."""

import hashlib
from dataclasses import replace
from functools import cache

import numpy as np

from evaluators.base import Evaluation, InstanceVerdict, Sandbox, Status
from evaluators.statistics import (
    Sample,
    claims,
    group_intervals,
    paired_difference,
    score_interval,
)
from evolve.records import (
    CampaignInfo,
    Candidate,
    Operator,
    Program,
    ProgramId,
    Spent,
    State,
)
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
from problems.base import Bar, Picture, Split

HELD_OUT = (Split.TEST, Split.OOD)
SIZES = {
    Split.TRAIN: {"n30": 24, "n50": 24},
    Split.VALID: {"n30": 16, "n50": 16},
    Split.TEST: {"n30": 40, "n50": 40, "n70": 40},
    Split.OOD: {"n100 tight": 20, "n100 loose": 20},
}
RULES = {"EDD": 0.62, "SPT": 0.95, "MDD": 0.118, "ATC": 0.094, "COVERT": 0.101}
CITATIONS = {
    "EDD": "Jackson 1955",
    "SPT": "Smith 1956",
    "MDD": "Baker & Bertrand 1982",
    "ATC": "Vepsalainen & Morton 1987",
    "COVERT": "Carroll 1965",
}
SOURCE = '''"""Total tardiness on one machine: smallest value next."""

import math

# EVOLVE-BLOCK-START
def priority(job, state):
    """Modified due date, softened by the slack that the rest of the queue leaves."""
    slack = job.d - job.p - state.time
    urgency = math.exp(-max(slack, 0.0) / (2.3 * state.mean_p))
    if slack < 0:
        return job.p - 0.01 * slack
    return max(job.p + state.time, job.d) - 4.2 * urgency
# EVOLVE-BLOCK-END
'''


def program(
    source, *, step=0, score=0.1, operator=Operator.DIFF, status=Status.OK, **more
):
    """A program in the population."""
    digest = hashlib.sha256(source.encode(errors="replace")).hexdigest()[:32]
    return Program(
        candidate=Candidate(
            id=ProgramId(digest),
            step=step,
            source=source,
            operator=operator,
            island=0,
            **more,
        ),
        evaluation=Evaluation(
            split=Split.TRAIN,
            status=status,
            score=score,
            verdicts=(InstanceVerdict(instance="i1", status=status, objective=3.0),),
            sandbox=Sandbox.LANDLOCK_SECCOMP,
        ),
        seconds=1.5 * step,
    )


@cache
def example(seed=7):
    """A run of 300 programs with everything that a report can show."""
    rng = np.random.default_rng(seed)
    points = _points(rng, 300, floor=0.021)
    samples = _samples(rng)
    standings = {name: _standing(name, samples[name], rng) for name in samples}
    test, ood = ({name: samples[name][s] for name in samples} for s in HELD_OUT)
    family = {
        (name, split): paired_difference(judged["champion"], judged[name], rng)
        for split, judged in ((Split.TEST, test), (Split.OOD, ood))
        for name in RULES
    }
    statuses = dict.fromkeys(Status, 0)
    for point in points:
        statuses[point.status] += 1
    return RunReport(
        campaign=CampaignInfo(
            name="smtt-evening",
            problem="smtt",
            problem_version=1,
            config='name = "smtt-evening"\nproblem = "smtt"\nseed = 7\n',
            state=State.DONE,
            created=1_790_000_000.0,
            updated=1_790_000_640.0,
            message="budget of 300 candidates used",
        ),
        spent=Spent(
            candidates=300,
            rejections=41,
            evaluations=322,
            seconds=612.0,
            tokens=812_345,
            cost_usd=1.234,
            calls=340,
            unpriced_calls=14,
        ),
        title="Single machine, total tardiness",
        conditions=Conditions(
            command="heuresis run smtt --budget-candidates 300 --seed 7",
            sandbox="landlock+seccomp",
            next_commands={
                "heuresis export runs/smtt-evening -o rule.py": "take the rule along",
                "heuresis lineage runs/smtt-evening": "see how it came about",
            },
            versions={"heuresis": "0.1.0", "Python": "3.11.9", "smtt": "1"},
            limits={
                "CPU time": "5 s for all instances of a split",
                "memory": "512 MiB",
            },
            paths={"run": "runs/smtt-evening", "page": "runs/smtt-evening/report.html"},
            notes=("qwen-0.5b is a small local model: it shows the path, no more.",),
        ),
        splits=_facts(),
        lineage=_lineage(),
        champion=standings.pop("champion"),
        baselines=tuple(standings.values()),
        claims=claims(family),
        points=tuple(points),
        controls={"best of N": tuple(_points(rng, 300, floor=0.055))},
        statuses={str(status): n for status, n in statuses.items() if n},
        rejections={"no_match": 19, "syntax": 9, "duplicate": 8, "refused": 5},
        examples={
            "error": "ZeroDivisionError: float division by zero in priority, line 9",
            "timeout_cpu": "used 5.0 s of CPU on instance train-n50-07",
        },
        instances=_instance_gaps(test),
        gantt=_gantt(rng),
        costs=_costs(),
    )


def empty():
    """A run that has not judged anything."""
    full = example()
    return replace(
        full,
        spent=Spent(),
        lineage=(),
        champion=None,
        baselines=(),
        claims=(),
        points=(),
        controls={},
        statuses={},
        rejections={},
        examples={},
        instances=(),
        gantt=None,
        costs=(),
        splits={},
    )


def one_program():
    """A run that has judged its seed only."""
    full = example()
    seed = full.lineage[0]
    point = replace(full.points[0], score=seed.program.score, status=Status.OK)
    return replace(
        empty(),
        lineage=(seed,),
        champion=Standing(name="champion"),
        points=(point,),
        statuses={"ok": 1},
    )


def only_failures():
    """A run of which no program is valid."""
    failed = [
        replace(p, score=None, status=status)
        for p, status in zip(
            example().points[:40], [Status.ERROR, Status.MEMORY] * 20, strict=True
        )
    ]
    return replace(empty(), points=tuple(failed), statuses={"error": 20, "memory": 20})


def all_equal():
    """A run whose programs all have the same gap, as have all the instances."""
    full = example()
    return replace(
        full,
        points=tuple(replace(p, score=0.05, status=Status.OK) for p in full.points),
        controls={},
        baselines=(),
        claims=(),
        instances=tuple(
            replace(line, gaps={"champion": 0.05}) for line in full.instances
        ),
    )


def hostile(text):
    """A run with ``text`` wherever a model, a program or a file name may put it."""
    full = example()
    source = f"# EVOLVE-BLOCK-START\n# {text}\nx = {text!r}\n# EVOLVE-BLOCK-END\n"
    nasty = program(source, rationale=text)
    bar = Bar(row=text, start=0, end=5, label=text, late=True)
    return replace(
        full,
        campaign=replace(full.campaign, name=text, config=text, message=text),
        title=text,
        conditions=Conditions(
            command=text,
            sandbox=text,
            next_commands={text: text},
            versions={text: text},
            limits={text: text},
            paths={text: text},
            notes=(text,),
        ),
        splits={
            split: replace(facts, methods=(text,))
            for split, facts in full.splits.items()
        },
        lineage=(*full.lineage, Ancestor(program=nasty, author=text)),
        baselines=tuple(
            replace(b, name=text, citation=text) for b in full.baselines[:1]
        ),
        claims=tuple(replace(claim, against=text) for claim in full.claims[:1]),
        points=tuple(replace(p, program=text) for p in full.points),
        controls={text: full.points[:5]},
        statuses={text: 3},
        rejections={text: 3},
        examples={text: text},
        instances=tuple(
            replace(line, instance=text, group=text, gaps={"champion": 0.1, text: 0.2})
            for line in full.instances[:5]
        ),
        gantt=Gantt(
            instance=text,
            picture=Picture(along=text, marked=text),
            panels=(GanttPanel(title=text, objective=1.0, bars=(bar,)),),
        ),
        costs=tuple(replace(c, model=text, operator=text) for c in full.costs),
    )


def _points(rng, count, floor):
    best, points = 0.62, []
    failures = [Status.ERROR, Status.INVALID, Status.TIMEOUT_CPU, Status.PROTOCOL]
    for step in range(count):
        status = Status.OK if rng.random() > 0.16 else rng.choice(failures)
        score = None
        if status is Status.OK:
            score = 0.62 if step == 0 else best * float(np.exp(rng.normal(0.5, 0.45)))
            score = max(score, floor)
            best = min(best, score)
        points.append(
            Point(
                step=step,
                seconds=2.0 * step + float(rng.random()),
                program=f"{step:032x}",
                operator=Operator.DIFF if step else Operator.SEED,
                status=Status(status) if step else Status.OK,
                score=score if step else 0.62,
            )
        )
    return points


def _samples(rng):
    samples = {name: {} for name in ("champion", *RULES)}
    for split, groups in SIZES.items():
        group = [name for name, n in groups.items() for _ in range(n)]
        reference = np.round(rng.gamma(2.0, 900, len(group)) + 40)
        hard = rng.gamma(1.5, 1 / 1.5, len(group))
        for name, mean in {"champion": 0.024, **RULES}.items():
            shift = 1.25 if split is Split.OOD else 1.0
            noise = rng.gamma(2.0, 0.5, len(group)) * (rng.random(len(group)) > 0.06)
            objective = np.round(reference * (1 + shift * mean * hard * noise))
            samples[name][split] = Sample(
                objective=list(objective), reference=list(reference), group=group
            )
    return samples


def _standing(name, samples, rng):
    return Standing(
        name=name,
        overall={split: score_interval(s, rng) for split, s in samples.items()},
        groups={split: group_intervals(s, rng) for split, s in samples.items()},
        citation=CITATIONS.get(name, ""),
    )


def _facts():
    return {
        split: SplitFacts(
            instances=sum(groups.values()),
            proved=sum(groups.values()) - (12 if split is Split.OOD else 0),
            judged={Split.TRAIN: 300, Split.VALID: 12}.get(split, 1),
            methods=("OR-Tools CP-SAT 9.15", "branch and bound, Szwarc 2001"),
        )
        for split, groups in SIZES.items()
    }


def _lineage():
    edd = SOURCE.replace(
        SOURCE[SOURCE.index('    """Mod') : SOURCE.index("# EVOLVE-BLOCK-END")],
        "    return job.d\n",
    )
    mdd = edd.replace("return job.d", "return max(job.p + state.time, job.d)")
    why = (
        "A job that is late anyway should be ranked by its processing time: "
        "that is the modified due date."
    )
    steps = [
        (edd, 0, 0.62, Operator.SEED, "EDD, the pack's seed", ""),
        (mdd, 17, 0.118, Operator.DIFF, "gpt-5-mini", why),
        (SOURCE, 214, 0.0231, Operator.REWRITE, "gpt-5-mini", "Soften the step."),
    ]
    line, parents = [], ()
    for source, step, score, operator, author, rationale in steps:
        made = program(
            source,
            step=step,
            score=score,
            operator=operator,
            parents=parents,
            rationale=rationale,
        )
        parents = (made.id,)
        line.append(Ancestor(program=made, author=author, valid=score * 1.06))
    return tuple(line)


def _instance_gaps(test):
    champion = test["champion"]
    lines = []
    for i, group in enumerate(champion.group):
        gaps = {
            name: judged.objective[i] / judged.reference[i] - 1
            for name, judged in test.items()
        }
        lines.append(
            InstanceGaps(
                instance=f"test-{group}-{i:03d}",
                group=group,
                reference=champion.reference[i],
                proved=True,
                gaps=gaps,
            )
        )
    return tuple(lines)


def _gantt(rng):
    length = rng.integers(4, 40, 30)
    due = rng.integers(60, 640, 30)
    panels = []
    for title, order, gap in (
        ("champion", np.argsort(due + rng.normal(0, 40, 30)), 0.021),
        ("proven optimum", np.argsort(due), 0.0),
    ):
        end = np.cumsum(length[order])
        bars = tuple(
            Bar(
                row="machine",
                start=float(e - length[j]),
                end=float(e),
                label=str(j + 1),
                late=bool(e > due[j]),
            )
            for j, e in zip(order, end, strict=True)
        )
        late = float(np.maximum(end - due[order], 0).sum())
        panels.append(GanttPanel(title=title, objective=late, bars=bars, gap=gap))
    return Gantt(instance="test-n30-004", panels=tuple(panels))


def _costs():
    return (
        ModelCost(model="gpt-5-mini", operator="diff", calls=240, programs=214,
                  rejected=26, tokens=512_000, cost_usd=0.842, unpriced_calls=0),
        ModelCost(model="gpt-5-mini", operator="rewrite", calls=60, programs=52,
                  rejected=8, tokens=180_000, cost_usd=0.392, unpriced_calls=3),
        ModelCost(model="qwen-0.5b (small, local)", operator="diff", calls=40,
                  programs=33, rejected=7, tokens=120_345, cost_usd=None,
                  unpriced_calls=40),
    )  # fmt: skip

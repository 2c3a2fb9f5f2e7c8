"""Print how far ``heuresis run smtt`` gets from the EDD rule, seed by seed.

    python -m tests.benchmarks.rediscovery --seeds 10 --seconds 60 --workers 2

For each seed: the campaign time after which the best program on train is at least as
good as MDD on test, and the champion's aggregate gaps on test and ood beside those of
MDD and MDDC. Search uses train, the champion is chosen on valid; the test figures of
intermediate programs are computed afterwards and steer nothing.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from evaluators.backends.local import LocalEvaluator
from evaluators.base import EvaluationRequest, Limits, Sandbox
from evolve.cli.judging import group_gaps
from evolve.runs import locate
from evolve.session import Run, open_run
from problems import registry
from problems.base import Split


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--problem", default="smtt")
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for seed in range(arguments.seeds):
            folder = Path(scratch) / f"seed{seed}"
            subprocess.run(
                [
                    str(Path(sys.executable).with_name("heuresis")),
                    "run",
                    arguments.problem,
                    f"--seed={seed}",
                    f"--budget-seconds={arguments.seconds}",
                    f"--workers={arguments.workers}",
                    f"--out={folder}",
                    "--json",
                ],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            rows.append(asyncio.run(measure(seed, folder)))
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    show(rows)


async def measure(seed: int, folder: Path) -> dict[str, object]:
    problem = registry.load("smtt")
    evaluator = LocalEvaluator(
        problem,
        slots=2,
        limits=Limits(cpu_seconds=60),
        min_sandbox=Sandbox.SECCOMP,
    )
    try:
        with open_run(locate(str(folder))) as run:
            return await measured(seed, run, evaluator)
    finally:
        await evaluator.close()


async def measured(seed: int, run: Run, evaluator: LocalEvaluator) -> dict[str, object]:
    async def judge(source: str, entry_point: str, split: Split) -> dict[str, float]:
        evaluation = await evaluator.evaluate(
            EvaluationRequest(source=source, entry_point=entry_point, split=split)
        )
        return group_gaps(run.problem, evaluation)

    rules = {}
    for name in ("mdd", "mddc", "psk", "augmddc"):
        rule = run.problem.baselines[name]
        rules[name] = {
            **await judge(rule.source, rule.entry_point, Split.TEST),
            **await judge(rule.source, rule.entry_point, Split.OOD),
        }
    sizes = [i.group for i in run.problem.instances(Split.TEST)]
    tests = tuple(dict.fromkeys(sizes))

    def mean(gaps: dict[str, float]) -> float:
        return statistics.fmean(gaps[g] for g in tests) if gaps else float("inf")

    found, best = None, float("inf")
    after, programs = -1, run.population.programs()
    while programs:
        for program in programs:
            score = program.score
            if found is None and score is not None and score < best:
                best = score
                gaps = await judge(
                    program.candidate.source, run.entry_point, Split.TEST
                )
                if mean(gaps) <= mean(rules["mdd"]) + 1e-12:
                    found = (program.seconds, program.candidate.step)
        after = programs[-1].candidate.step
        programs = run.population.programs(after)
    champion = run.population.best(1, Split.VALID)[0]
    gaps = {
        **await judge(champion.candidate.source, run.entry_point, Split.TEST),
        **await judge(champion.candidate.source, run.entry_point, Split.OOD),
    }
    return {
        "seed": seed,
        "candidates": run.population.spent().candidates,
        "mdd_seconds": found[0] if found else None,
        "mdd_step": found[1] if found else None,
        "gaps": gaps,
        "rules": rules,
        "source": champion.candidate.source,
    }


def show(rows: list[dict]) -> None:
    groups = list(rows[0]["gaps"])
    print("| seed | candidates | MDD on test after | " + " | ".join(groups) + " |")
    print("|---" * (3 + len(groups)) + "|")
    for row in rows:
        when = (
            f"{row['mdd_seconds']:.1f} s, {row['mdd_step']} steps"
            if row["mdd_seconds"] is not None
            else "never"
        )
        cells = " | ".join(f"{100 * row['gaps'][g]:.2f}" for g in groups)
        print(f"| {row['seed']} | {row['candidates']} | {when} | {cells} |")
    medians = " | ".join(
        f"{100 * statistics.median(r['gaps'][g] for r in rows):.2f}" for g in groups
    )
    print(f"| median | | | {medians} |")
    for name, gaps in rows[0]["rules"].items():
        cells = " | ".join(f"{100 * gaps[g]:.2f}" for g in groups)
        print(f"| {name} | | | {cells} |")
    for group in groups:
        for name in ("mdd", "mddc"):
            wins = sum(
                r["gaps"][group] <= r["rules"][name][group] + 1e-12 for r in rows
            )
            print(f"{group}: at or below {name} in {wins} of {len(rows)} runs")


if __name__ == "__main__":
    main()

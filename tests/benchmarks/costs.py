"""What judging a candidate on train costs: CPU of its sandbox, by pack and entry point.

    python -m tests.benchmarks.costs > problems/COSTS.md

Every baseline is judged three times in the strongest sandbox that works here; the
smallest time counts. A row shows the cheapest and the dearest baseline of its entry
point. The aim is 150 ms.
"""

import asyncio

from evaluators.backends.opening import open_evaluator
from evaluators.base import EvaluationRequest, Limits, Sandbox, Status
from problems import registry
from problems.base import AnyProblem, Split

HEAD = """\
# What judging on train costs

Made by `python -m tests.benchmarks.costs > problems/COSTS.md`; do not edit. CPU of the
sandbox for all train instances, the smallest of three times, for the cheapest and the
dearest baseline of an entry point. The aim is 150 ms. Machines differ; compare rows.
What the trusted side does is not in it: CP-SAT takes one to three seconds for train of
`fjsp_rho` and `jssp_lns`.
"""
TIMES = 3
AIM = 0.150


async def costs(problem: AnyProblem) -> dict[str, dict[str, float]]:
    """CPU seconds of baselines by entry point."""
    found: dict[str, dict[str, float]] = {}
    async with open_evaluator(
        problem,
        executor="local",
        slots=1,
        limits=Limits(cpu_seconds=30.0),
        min_sandbox=Sandbox.SECCOMP,
    ) as evaluator:
        for name, rule in problem.baselines.items():
            request = EvaluationRequest(
                source=rule.source, entry_point=rule.entry_point, split=Split.TRAIN
            )
            seconds = []
            for _ in range(TIMES):
                evaluation = await evaluator.evaluate(request)
                assert evaluation.status is Status.OK, (name, evaluation.message)
                seconds.append(evaluation.cpu_seconds)
            found.setdefault(rule.entry_point, {})[name] = min(seconds)
    return found


def main() -> None:
    """Print the table."""
    print(HEAD)
    print("| problem | entry point | instances | cheapest | dearest | |")
    print("|---|---|---:|---:|---:|---|")
    for name in registry.names():
        problem = registry.load(name)
        count = len(problem.instances(Split.TRAIN))
        for point, rules in asyncio.run(costs(problem)).items():
            low = min(rules, key=rules.__getitem__)
            high = max(rules, key=rules.__getitem__)
            over = "" if rules[high] <= AIM else "above the aim"
            cells = [f"{1000 * rules[x]:.0f} ms (`{x}`)" for x in (low, high)]
            print(f"| `{name}` | `{point}` | {count} | {' | '.join(cells)} | {over} |")


if __name__ == "__main__":
    main()

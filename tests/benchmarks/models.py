"""Print what the baselines reach on the benchmarks of models, and draw it.

    python -m tests.benchmarks.models

The tables go to standard output as Markdown, a chart for each benchmark to
``problems/NAME/baselines.svg``: those of the README. It takes about a minute.
"""

import re
from pathlib import Path

from evolve.bench.plots import levels
from evolve.bench.records import Results, plan_of
from evolve.bench.running import play_baseline
from problems.benchmark import Metric
from problems.registry import benchmark_names, load_benchmark

SHOWN = {
    "rconstraint": (
        *(f"ramp/{phase}.feasible" for phase in ("precedence", "downtime")),
        *(f"ramp/{phase}.feasible" for phase in ("windows", "disjunctive", "all")),
        "ramp/all.wauc",
    ),
    "calconflict": ("aer", "err", "tau", "ndcg", "rule_violations"),
    "tps": ("completion_easy", "completion_hard", "f1", "turns", "tool_s", "eta"),
}
DRAWN = {
    "rconstraint": ("random", "serial_around", "naive", "deadline"),
    "calconflict": ("random", "organisation", "learner"),
    "tps": ("oracle_serial", "all_at_once", "random"),
}
FOLDER = Path(__file__).parents[2] / "problems"


def main() -> None:
    for name in benchmark_names():
        benchmark = load_benchmark(name)
        plan = plan_of(benchmark)
        results = [
            play_baseline(plan, baseline, lambda *_: None)
            for baseline in benchmark.baselines
        ]
        print(f"`{name}`, {len(plan.samples)} samples of `{plan.set}`:\n")
        print(table(name, results))
        drawn = [one for one in results if one.model[9:] in DRAWN[name]]
        drawing = standalone(levels(drawn))
        (FOLDER / name / "baselines.svg").write_text(drawing, encoding="utf-8")


def table(name: str, results: list[Results]) -> str:
    columns = SHOWN[name]
    lines = [
        "| baseline | " + " | ".join(columns) + " |",
        "|---|" + "---:|" * len(columns),
    ]
    for result in results:
        metrics = result.summary.metrics
        cells = [cell(metrics.get(column)) for column in columns]
        lines.append(f"| {result.model[9:]} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def cell(metric: Metric | None) -> str:
    if metric is None or metric.value is None:
        return "-"
    if metric.low is None or metric.high is None or metric.low == metric.high:
        return f"{metric.value:.2f}"
    return f"{metric.value:.2f} [{metric.low:.2f}, {metric.high:.2f}]"


def standalone(svg: str) -> str:
    """Make an SVG of a page a file of its own: colours without variables."""
    plain = re.sub(r"var\(--[a-z-]+,\s*([^)]+)\)", r"\1", svg)
    if "xmlns=" not in plain[:500]:
        plain = plain.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return plain + "\n"


if __name__ == "__main__":
    main()

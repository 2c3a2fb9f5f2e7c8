"""Print what is in ``problems/README.md``: every baseline of every pack, measured.

    python -m tests.benchmarks.baselines > problems/README.md
    python -m tests.benchmarks.baselines NAME --kept problems/README.md > new.md

The second one measures some packs and copies the rest from a page that there is.
Everything comes from the installed packs: a new one appears by itself. Heuristics run
in this process. Some published sets are files that are not ours to ship; they are
looked for in ``--data``, by default ``shared/data`` beside the repository.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from pathlib import Path
from statistics import fmean

from evaluators.backends.inline import InlineEvaluator
from evaluators.base import Evaluation, EvaluationRequest
from problems import imported, registry
from problems.base import (
    AnyProblem,
    Imported,
    Instance,
    Measure,
    Published,
    Reference,
    Split,
)

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
SPLITS = (Split.TRAIN, Split.VALID, Split.TEST, Split.OOD)

HEAD = """\
# The problems and their baselines

Made by `python -m tests.benchmarks.baselines > problems/README.md`; do not edit. Every
figure is a gap in %, lower is better. The README in the folder of a problem says what
it is, and how its figures come about.

Columns of splits are scores: the mean over the groups of a split of the aggregate gap
to the references, `sum(objective - reference) / sum(reference)`. The other columns
compare with figures that others gave: measured here, and **published in brackets**,
often on other instances of the same kind; a dash where none was published.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What is known of one pack, in fractions.

    Attributes
    ----------
    scores
        By baseline and split; None if the baseline failed.
    gaps
        By baseline, then by name of a published set.
    sizes
        Number of instances by published set.
    """

    problem: AnyProblem
    scores: Mapping[str, Mapping[Split, float | None]]
    gaps: Mapping[str, Mapping[str, float]]
    sizes: Mapping[str, int]


def measure(problem: AnyProblem, data: Path = DATA) -> Measured:
    """Run all baselines of a pack on its splits and on the published sets.

    Raises
    ------
    ConfigError
        If a file of a published set is not at hand.
    """
    sets = {one.name: _instances(problem, one, data) for one in problem.published}
    return Measured(
        problem=problem,
        scores={
            rule: {split: _judge(problem, rule, split).score for split in SPLITS}
            for rule in problem.baselines
        },
        gaps=_gaps(problem, sets),
        sizes={name: len(found) for name, found in sets.items()},
    )


def page(sections: Sequence[str]) -> str:
    """Write the whole page."""
    return "\n".join([HEAD, *sections])


def section(found: Measured) -> str:
    """Write the section of a pack, with an end of line."""
    return "\n".join(_section(found))


def kept(text: str) -> dict[str, str]:
    """Take a page apart into its sections by pack."""
    _, *parts = text.split("\n## [")
    return {part.partition("]")[0]: f"## [{part}" for part in parts}


def main() -> None:
    """Print the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.baselines")
    parser.add_argument("packs", nargs="*", help="measure these only")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of shared data")
    parser.add_argument("--kept", type=Path, help="page with the other sections")
    given = parser.parse_args()
    known = kept(given.kept.read_text("utf-8")) if given.kept else {}
    sections = []
    for name in registry.names():
        if not given.packs or name in given.packs:
            sections.append(section(measure(registry.load(name), given.data)))
        elif name in known:
            sections.append(known[name])
    sys.stdout.write(page(sections))


def _instances(
    problem: AnyProblem, one: Published[Instance], data: Path
) -> Sequence[Instance]:
    if one.instances is not None:
        return one.instances()
    return [it.instance for it in imported.read(problem, data / one.file)]


def _gaps(
    problem: AnyProblem, sets: Mapping[str, Sequence[Instance]]
) -> dict[str, dict[str, float]]:
    """Run each baseline once on all instances that it has published figures for."""
    found: dict[str, dict[str, float]] = {}
    for rule in problem.baselines:
        wanted = [one for one in problem.published if rule in one.percent]
        targets = {it: one.target(it) for one in wanted for it in sets[one.name]}
        if not targets:
            continue
        objectives = _objectives(problem, rule, targets)
        found[rule] = {
            one.name: _gap(
                one.measure, [(objectives[it], targets[it]) for it in sets[one.name]]
            )
            for one in wanted
        }
    return found


def _objectives(
    problem: AnyProblem, rule: str, targets: Mapping[Instance, float]
) -> dict[Instance, float]:
    judged = imported.on(
        problem,
        [
            Imported(
                instance=it,
                reference=Reference(
                    lower=0, best=best, proved=False, method="target", source="figures"
                ),
            )
            for it, best in targets.items()
        ],
    )
    evaluation = _judge(judged, rule, imported.SPLIT)
    found = {}
    for it, verdict in zip(targets, evaluation.verdicts, strict=True):
        assert verdict.objective is not None, evaluation.message
        found[it] = verdict.objective
    return found


def _judge(problem: AnyProblem, rule: str, split: Split) -> Evaluation:
    baseline = problem.baselines[rule]
    request = EvaluationRequest(
        source=baseline.source, entry_point=baseline.entry_point, split=split
    )
    return asyncio.run(InlineEvaluator(problem).evaluate(request))


def _gap(how: Measure, pairs: Sequence[tuple[float, float]]) -> float:
    if how is Measure.AGGREGATE:
        return fsum(value for value, _ in pairs) / fsum(best for _, best in pairs) - 1
    return fmean(value / best - 1 for value, best in pairs if best > 0)


def _section(found: Measured) -> Iterator[str]:
    problem = found.problem
    sets = problem.published
    yield f"## [{problem.name}]({problem.name}/README.md): {problem.title}\n"
    columns = [*(str(split) for split in SPLITS), *(one.name for one in sets)]
    yield f"| baseline | {' | '.join(columns)} |"
    yield f"|---|{'---:|' * len(columns)}"
    for rule in problem.baselines:
        cells = [
            *(_percent(found.scores[rule][split]) for split in SPLITS),
            *(_beside(found.gaps.get(rule, {}), one, rule) for one in sets),
        ]
        yield f"| `{rule}` | {' | '.join(cells)} |"
    yield ""
    counts = [f"{split} {len(problem.instances(split))}" for split in SPLITS]
    yield f"Instances: {', '.join(counts)}.\n"
    for one in sets:
        yield f"* {one.name} ({found.sizes[one.name]}): {one.doc}."
    if sets:
        yield ""


def _beside(gaps: Mapping[str, float], one: Published[Instance], rule: str) -> str:
    if rule not in one.percent:
        return "-"
    return f"{_percent(gaps[one.name])} **({one.percent[rule]:g})**"


def _percent(value: float | None) -> str:
    return "failed" if value is None else f"{100 * value:.2f}"


if __name__ == "__main__":
    main()

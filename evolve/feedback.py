"""What the judge found, in words for whoever proposed it; train only."""

from evaluators.base import InstanceVerdict, Status
from evolve.records import Program, Rejection

_WORST = 5


def feedback(outcome: Program | Rejection, parent: Program | None = None) -> str:
    """Tell what became of a proposal.

    Parameters
    ----------
    parent
        The program that was changed, for comparison.

    Returns
    -------
    str
        A few lines: status, gap on train (lower is better), change from the parent,
        the worst instances, and what the judge says.
    """
    if isinstance(outcome, Rejection):
        return f"rejected ({outcome.reason}): {outcome.detail}"
    evaluation = outcome.evaluation
    lines = [f"program {outcome.id[:12]}: {_standing(outcome, parent)}"]
    if outcome.score is not None:
        worst = sorted(evaluation.verdicts, key=_gap, reverse=True)[:_WORST]
        lines.append("worst instances: " + "; ".join(map(_instance, worst)))
        if parent is not None:
            lines.append(_pairs(outcome, parent))
    else:
        failed = [v for v in evaluation.verdicts if v.status is not Status.OK]
        lines += map(_instance, failed[:_WORST])
    if evaluation.message.strip():
        lines.append(evaluation.message.strip())
    return "\n".join(lines)


def _standing(program: Program, parent: Program | None) -> str:
    if program.score is None:
        return f"failed ({program.evaluation.status}), no score"
    gap = f"gap {_percent(program.score)} on train"
    if parent is None or parent.score is None:
        return gap
    change = program.score - parent.score
    words = "better" if change < 0 else "worse" if change > 0 else "the same"
    return f"{gap}, {words} than its parent at {_percent(parent.score)}"


def _pairs(program: Program, parent: Program) -> str:
    before = {v.instance: v.gap for v in parent.evaluation.verdicts}
    pairs = [
        (v.gap, before[v.instance])
        for v in program.evaluation.verdicts
        if v.gap is not None and before.get(v.instance) is not None
    ]
    better = sum(new < (old or 0.0) for new, old in pairs)
    worse = sum(new > (old or 0.0) for new, old in pairs)
    return f"instances against the parent: {better} better, {worse} worse"


def _gap(verdict: InstanceVerdict) -> float:
    return verdict.gap or 0.0


def _instance(verdict: InstanceVerdict) -> str:
    if verdict.status is not Status.OK:
        why = ", ".join(verdict.violations) or str(verdict.status)
        return f"{verdict.instance}: {why}"
    return f"{verdict.instance} {_percent(verdict.gap)}"


def _percent(value: float | None) -> str:
    return "none" if value is None else f"{100 * value:.2f} %"

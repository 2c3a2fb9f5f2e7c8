"""Feasibility by level, areas under its curve, breakpoints, and what goes wrong."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from problems.benchmark import LevelRow, Metric, Outcome, Summary
from problems.intervals import wilson

THRESHOLDS = (0.5, 0.8)
"""Feasibility below which a level counts as broken."""


def summarise(outcomes: Sequence[Outcome]) -> Summary:
    """Sum up all outcomes of a model.

    ``feasible`` is the share of all samples that were solved. By group: ``feasible``,
    ``auc``, the mean over levels of their share, ``wauc``, the mean weighted by the
    level (the weights of the paper are not known), and ``breakpoint_50`` and
    ``_80``, the smallest level from which on every share is below the threshold; none
    if the last level is not. ``transfer_gap`` is the WAUC of the ramp less that of the
    data-centre suite, over their common phases.
    """
    metrics: dict[str, Metric] = {"feasible": _share(outcomes)}
    rows = []
    waucs: dict[str, float] = {}
    for group, found in _by(outcomes, lambda one: one.group).items():
        levels = {
            level: _share(of)
            for level, of in sorted(_by(found, lambda one: one.level).items())
        }
        counts = {level: len(of) for level, of in _by(found, lambda o: o.level).items()}
        rows += [
            LevelRow(
                group=group,
                level=level,
                samples=counts[level],
                metrics={"feasible": share},
            )
            for level, share in levels.items()
        ]
        shares = {level: share.value or 0.0 for level, share in levels.items()}
        waucs[group] = wauc(shares)
        metrics[f"{group}.feasible"] = _share(found)
        metrics[f"{group}.auc"] = Metric(value=sum(shares.values()) / len(shares))
        metrics[f"{group}.wauc"] = Metric(value=waucs[group])
        for threshold in THRESHOLDS:
            name = f"{group}.breakpoint_{round(100 * threshold)}"
            metrics[name] = Metric(value=breakpoint_of(shares, threshold))
    both = _transfer(waucs)
    if both is not None:
        metrics["transfer_gap"] = Metric(value=both)
    metrics |= _incidence(outcomes)
    return Summary(metrics=metrics, levels=tuple(rows))


def wauc(shares: Mapping[int, float]) -> float:
    """Mean of shares weighted by their level; the plain mean if all weights are 0."""
    weight = sum(shares)
    if not weight:
        return sum(shares.values()) / len(shares)
    return sum(level * share for level, share in shares.items()) / weight


def breakpoint_of(shares: Mapping[int, float], threshold: float) -> float | None:
    """Smallest level from which on every share is below the threshold."""
    found = None
    for level in sorted(shares, reverse=True):
        if shares[level] >= threshold:
            break
        found = float(level)
    return found


def _transfer(waucs: Mapping[str, float]) -> float | None:
    pairs = [
        (value, waucs[f"dcm/{group.partition('/')[2]}"])
        for group, value in waucs.items()
        if group.startswith("ramp/") and f"dcm/{group.partition('/')[2]}" in waucs
    ]
    if not pairs:
        return None
    return sum(ramp - dcm for ramp, dcm in pairs) / len(pairs)


def _incidence(outcomes: Sequence[Outcome]) -> dict[str, Metric]:
    """Share of the samples that were not solved in which each error occurs."""
    failed = [one for one in outcomes if one.errors]
    codes = sorted({code for one in failed for code in one.errors})
    return {
        f"with_{code}": wilson(sum(code in one.errors for one in failed), len(failed))
        for code in codes
    }


def _share(outcomes: Sequence[Outcome]) -> Metric:
    return wilson(sum(one.correct == 1.0 for one in outcomes), len(outcomes))


_Key = TypeVar("_Key", str, int)


def _by(
    outcomes: Sequence[Outcome], key: Callable[[Outcome], _Key]
) -> dict[_Key, list[Outcome]]:
    found: dict[_Key, list[Outcome]] = {}
    for one in outcomes:
        found.setdefault(key(one), []).append(one)
    return found

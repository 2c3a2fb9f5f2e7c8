"""A report as one JSON document; the keys that others rely on are in ``to_json``."""

from collections.abc import Mapping
from typing import Any

from evaluators.statistics import Estimate, Interval
from evolve.report.records import RunReport, Standing
from evolve.report.text import known_cost, reference_name
from problems.base import Split

_SPLITS = (Split.TRAIN, Split.VALID, Split.TEST, Split.OOD)


def to_json(report: RunReport) -> dict[str, Any]:
    """Return plain data: gaps are fractions, lower is better; None is absent.

    ``claims`` hold the champion's gap minus the baseline's, so that negative is in
    the champion's favour. ``cost_usd`` is None if no call reported its cost; with
    ``unpriced_calls`` above zero it is a lower limit.
    """
    spent = report.spent
    return {
        "run": report.campaign.name,
        "problem": report.campaign.problem,
        "problem_version": report.campaign.problem_version,
        "status": str(report.campaign.state),
        "message": report.campaign.message,
        "candidates": spent.candidates,
        "rejections": spent.rejections,
        "evaluations": spent.evaluations,
        "seconds": spent.seconds,
        "tokens": spent.tokens,
        "cost_usd": known_cost(spent),
        "calls": spent.calls,
        "unpriced_calls": spent.unpriced_calls,
        "best": _best(report),
        "baselines": {line.name: _standing(line) for line in report.baselines},
        "claims": [
            {
                "against": claim.against,
                "split": str(claim.split),
                "difference": claim.difference,
                "interval": _interval(claim.interval),
                "p": claim.p,
                "n": claim.n,
                "shown": claim.shown,
            }
            for claim in report.claims
        ],
        "splits": {
            str(split): {
                "instances": facts.instances,
                "proved": facts.proved,
                "judged": facts.judged,
                "reference": reference_name(facts),
            }
            for split, facts in report.splits.items()
        },
        "statuses": dict(report.statuses),
        "rejection_reasons": dict(report.rejections),
        "twins": report.twins,
        "sandbox": report.conditions.sandbox,
        "versions": dict(report.conditions.versions),
        "paths": dict(report.conditions.paths),
        "notes": list(report.conditions.notes),
    }


def _best(report: RunReport) -> dict[str, Any] | None:
    if report.best is None or report.champion is None:
        return None
    candidate = report.best.candidate
    return {
        "id": candidate.id,
        "source": candidate.source,
        "step": candidate.step,
        "operator": str(candidate.operator),
        "author": report.lineage[-1].author,
        "parents": list(candidate.parents),
    } | _standing(report.champion)


def _standing(line: Standing) -> dict[str, Any]:
    return {
        "gap": {
            str(split): line.overall[split].value if split in line.overall else None
            for split in _SPLITS
        },
        "interval": {
            str(split): _interval(found.interval)
            for split, found in line.overall.items()
        },
        "groups": {str(split): _groups(found) for split, found in line.groups.items()},
        "failed": {str(split): str(status) for split, status in line.failed.items()},
    }


def _groups(found: Mapping[str, Estimate]) -> dict[str, Any]:
    return {
        name: {
            "gap": estimate.value,
            "interval": _interval(estimate.interval),
            "n": estimate.n,
        }
        for name, estimate in found.items()
    }


def _interval(found: Interval | None) -> list[float] | None:
    return None if found is None else [found.low, found.high]

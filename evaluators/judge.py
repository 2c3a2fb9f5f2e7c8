"""The trusted judgement of answers: verified and scored from our own instances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum, isfinite
from typing import Any

from evaluators.base import Evaluation, EvaluationRequest, InstanceVerdict, Status
from evaluators.errors import EvaluatorError
from evaluators.sandbox.outcome import Outcome, clean
from problems.base import AnyProblem, Instance, Reference, Split, Verdict
from problems.errors import ConfigError

TOLERANCE = 1e-9
"""Relative slack below a proven bound, for floating-point objectives."""

_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An instance with its ground truth."""

    instance: Instance
    reference: Reference

    @property
    def target(self) -> float:
        """What a gap is measured against: the best known value, else the bound."""
        best = self.reference.best
        return self.reference.lower if best is None else best


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """A verdict, what to tell the author, and the answer's descriptors.

    ``shortfall`` is how far below a proven bound the objective is, as a fraction of
    the bound; zero unless it is impossible.
    """

    verdict: InstanceVerdict
    message: str = ""
    features: Mapping[str, float] = field(default_factory=dict)
    shortfall: float = 0.0


class Judge:
    """Judges outcomes of one problem.

    Keeps instances and references of each split, which never change.
    """

    def __init__(self, problem: AnyProblem) -> None:
        self._problem = problem
        self._cases: dict[Split, tuple[Case, ...]] = {}

    def cases(self, split: Split) -> tuple[Case, ...]:
        """Return the instances of ``split`` with their references, in order."""
        if split not in self._cases:
            self._cases[split] = tuple(
                Case(instance=instance, reference=self._problem.reference(instance))
                for instance in self._problem.instances(split)
            )
        return self._cases[split]

    def check(self, request: EvaluationRequest) -> None:
        """Refuse a request that the problem cannot answer, with ConfigError."""
        known = self._problem.entry_points
        if request.entry_point not in known:
            raise ConfigError(
                f"problem {self._problem.name!r} has no entry point "
                f"{request.entry_point!r}; it has: {', '.join(known)}"
            )

    def judge(self, request: EvaluationRequest, outcome: Outcome) -> Evaluation:
        """Judge what came out of a sandbox."""
        return judge(self._problem, self.cases(request.split), request, outcome)


def judge(
    problem: AnyProblem,
    cases: Sequence[Case],
    request: EvaluationRequest,
    outcome: Outcome,
) -> Evaluation:
    """Judge ``outcome``; a pure function.

    The status is that of the sandbox if it is not ``ok``; else ``impossible`` if any
    objective is below a proven bound, ``invalid`` if any answer is infeasible, and
    ``ok`` otherwise. Each instance has its verdict in any case. An impossible
    evaluation has the features ``impossible``, how many instances are, and
    ``shortfall``, the largest fraction of a bound that is missing.

    Raises
    ------
    EvaluatorError
        If the pack's verifier raises: that is a fault of the pack.
    """
    outcome = counted(outcome, len(cases))
    findings = [
        _examine(problem, request.entry_point, case, answer)
        for case, answer in zip(cases, outcome.answers, strict=False)
    ]
    findings += [
        _Finding(
            verdict=InstanceVerdict(instance=case.instance.id, status=outcome.status)
        )
        for case in cases[len(findings) :]
    ]
    status = _overall(outcome.status, findings)
    verdicts = tuple(finding.verdict for finding in findings)
    return Evaluation(
        split=request.split,
        status=status,
        score=score(cases, verdicts) if status is Status.OK else None,
        verdicts=verdicts,
        features=_features(findings),
        cpu_seconds=outcome.cpu_seconds,
        wall_seconds=outcome.wall_seconds,
        message=_message(cases, outcome, findings),
        sandbox=outcome.sandbox,
    )


def score(cases: Sequence[Case], verdicts: Sequence[InstanceVerdict]) -> float:
    """Aggregate gap, lower is better: the mean over groups.

    The gap of a group is ``sum(objective - target) / sum(target)``. Where the targets
    of a group sum to zero there is no fraction to take: it counts the sum of its
    objectives, which is zero for a heuristic that reaches the targets, and grows with
    each unit that it misses.
    """
    groups: dict[str, list[tuple[float, float]]] = {}
    for case, verdict in zip(cases, verdicts, strict=True):
        if verdict.objective is None:
            raise ValueError(f"{verdict.instance} has no objective")
        pair = (verdict.objective, case.target)
        groups.setdefault(case.instance.group, []).append(pair)
    return fsum(_group_gap(pairs) for pairs in groups.values()) / len(groups)


def _group_gap(pairs: Sequence[tuple[float, float]]) -> float:
    scale = abs(fsum(target for _, target in pairs))
    excess = fsum(objective - target for objective, target in pairs)
    return excess / scale if scale else excess


def counted(outcome: Outcome, expected: int) -> Outcome:
    """Refuse a claim of success with a wrong number of answers."""
    if outcome.status is not Status.OK or len(outcome.answers) == expected:
        return outcome
    return Outcome(
        status=Status.PROTOCOL,
        sandbox=outcome.sandbox,
        message=f"{len(outcome.answers)} answers for {expected} instances",
        cpu_seconds=outcome.cpu_seconds,
        wall_seconds=outcome.wall_seconds,
    )


def _examine(
    problem: AnyProblem, entry_point: str, case: Case, answer: Any
) -> _Finding:
    name = case.instance.id
    verdict = _verified(problem, entry_point, case, answer)
    value = verdict.objective
    violations = tuple(clean(violation) for violation in verdict.violations)
    if value is not None and not isfinite(value):
        value, violations = None, (*violations, "objective_not_finite")
    if value is None or violations:
        shown = ", ".join(violations[:_SHOWN])
        return _Finding(
            verdict=InstanceVerdict(
                instance=name, status=Status.INVALID, violations=violations
            ),
            message=f"{name}: {shown}",
        )
    impossible = _below(value, case.reference)
    gap = (value - case.target) / abs(case.target) if case.target else None
    return _Finding(
        verdict=InstanceVerdict(
            instance=name,
            status=Status.IMPOSSIBLE if impossible else Status.OK,
            objective=value,
            gap=gap,
        ),
        message=f"{name}: {impossible}" if impossible else "",
        features=verdict.features,
        shortfall=_shortfall(value, case.reference) if impossible else 0.0,
    )


def _verified(
    problem: AnyProblem, entry_point: str, case: Case, answer: Any
) -> Verdict:
    try:
        return problem.verify(case.instance, entry_point, answer)
    except Exception as error:
        raise EvaluatorError(
            f"the verifier of problem {problem.name!r} failed on instance "
            f"{case.instance.id}: {type(error).__name__}: {clean(str(error))[:200]}. "
            "Mend the pack: a verifier must accept any answer"
        ) from error


def _shortfall(objective: float, reference: Reference) -> float:
    return (reference.lower - objective) / max(1.0, abs(reference.lower))


def _below(objective: float, reference: Reference) -> str:
    """Return the evidence that ``objective`` cannot be, or ``""``."""
    bound = reference.lower
    if objective >= bound - TOLERANCE * max(1.0, abs(bound)):
        return ""
    return (
        f"objective {objective!r} is below the proven bound {bound!r} "
        f"({reference.method}; {reference.source})"
    )


def _overall(sandboxed: Status, findings: Sequence[_Finding]) -> Status:
    if sandboxed is not Status.OK:
        return sandboxed
    found = {finding.verdict.status for finding in findings}
    for status in (Status.IMPOSSIBLE, Status.INVALID):
        if status in found:
            return status
    return Status.OK


def _features(findings: Sequence[_Finding]) -> dict[str, float]:
    """Return means of the descriptors, ``max_gap``, and evidence of the impossible."""
    features: dict[str, float] = {}
    if not findings:
        return features
    for name in findings[0].features:
        values = [f.features[name] for f in findings if name in f.features]
        if len(values) == len(findings):
            features[name] = fsum(values) / len(values)
    gaps = [f.verdict.gap for f in findings if f.verdict.gap is not None]
    if gaps:
        features["max_gap"] = max(gaps)
    shortfalls = [f.shortfall for f in findings if f.shortfall > 0]
    if shortfalls:
        features["impossible"] = float(len(shortfalls))
        features["shortfall"] = max(shortfalls)
    return features


def _message(
    cases: Sequence[Case], outcome: Outcome, findings: Sequence[_Finding]
) -> str:
    if outcome.status is not Status.OK:
        if outcome.at is None or outcome.at >= len(cases):
            return outcome.message
        return f"{cases[outcome.at].instance.id}: {outcome.message}"
    messages = [finding.message for finding in findings if finding.message]
    more = len(messages) - _SHOWN
    shown = messages[:_SHOWN] + ([f"and {more} more instances"] if more > 0 else [])
    return "\n".join(shown)

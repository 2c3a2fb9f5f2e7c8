from dataclasses import dataclass, replace

import pytest

from evaluators.base import EvaluationRequest, Sandbox, Status
from evaluators.errors import EvaluatorError
from evaluators.judge import Case, Judge, judge
from evaluators.sandbox.outcome import Outcome
from problems.base import Reference, Split, Verdict
from problems.errors import ConfigError, ReferenceMissingError
from tests.fakes.tiny_problem import TINY

REQUEST = EvaluationRequest(source="", entry_point="raw", split=Split.TRAIN)
BEST = ([1, 2, 0], [1, 3, 0, 2])


def outcome(*answers, status=Status.OK, **fields):
    return Outcome(status=status, sandbox=Sandbox.SECCOMP, answers=answers, **fields)


def verdict_of(*answers, **fields):
    return Judge(TINY).judge(REQUEST, outcome(*answers, **fields))


@dataclass(frozen=True)
class Point:
    id: str
    group: str = "g"


def case(name, *, lower=1.0, best=None, group="g", proved=False):
    reference = Reference(
        lower=lower, best=best, proved=proved, method="made up", source="here"
    )
    return Case(instance=Point(name, group), reference=reference)


def judged(cases, values):
    """Judge objectives that the 'verifier' simply believes."""
    believing = replace(
        TINY, verify=lambda _i, _e, answer: Verdict(objective=answer, violations=())
    )
    return judge(believing, cases, REQUEST, outcome(*values))


def test_the_optimum_has_gap_zero():
    evaluation = verdict_of(*BEST)

    assert (evaluation.status, evaluation.score) == (Status.OK, 0.0)
    assert [v.objective for v in evaluation.verdicts] == [10, 39]
    assert evaluation.features == {"first": 1.0, "max_gap": 0.0}


def test_the_score_is_the_mean_over_groups_of_relative_excess():
    cases = [
        case("a", best=10.0, group="x"),
        case("b", best=30.0, group="x"),
        case("c", best=100.0, group="y"),
    ]
    evaluation = judged(cases, [12.0, 34.0, 150.0])

    assert evaluation.score == pytest.approx((6 / 40 + 50 / 100) / 2)
    assert [v.gap for v in evaluation.verdicts] == pytest.approx([0.2, 4 / 30, 0.5])
    assert evaluation.features["max_gap"] == pytest.approx(0.5)


def test_a_better_value_than_the_best_known_is_a_negative_gap():
    assert judged([case("a", lower=5.0, best=10.0)], [8.0]).score == pytest.approx(-0.2)


def test_without_a_best_known_value_the_bound_is_the_target():
    assert judged([case("a", lower=5.0)], [6.0]).score == pytest.approx(0.2)


def test_a_group_of_zero_references_counts_its_objectives():
    zero = case("a", lower=0.0, best=0.0)

    assert judged([zero], [0.0]).score == 0.0
    assert judged([zero], [3.0]).score == 3.0
    assert judged([zero], [3.0]).verdicts[0].gap is None
    mixed = judged([zero, case("b", lower=0.0, best=10.0)], [1.0, 10.0])
    assert mixed.score == pytest.approx(0.1)


def test_below_a_proven_bound_is_impossible_with_evidence():
    evaluation = judged([case("a", lower=7.0, best=7.0, proved=True)], [6.9])

    assert (evaluation.status, evaluation.score) == (Status.IMPOSSIBLE, None)
    assert "a: objective 6.9 is below the proven bound 7.0 (made up" in (
        evaluation.message
    )
    assert judged([case("a", lower=7.0)], [7.0 - 1e-9]).status is Status.OK


def test_the_evidence_of_the_impossible_is_among_the_features():
    cases = [
        case("a", lower=8.0, best=9.0),
        case("b", lower=4.0, best=4.0, proved=True),
        case("c", lower=5.0),
    ]
    evaluation = judged(cases, [6.0, 3.0, 5.0])

    assert evaluation.features["impossible"] == 2
    assert evaluation.features["shortfall"] == 0.25
    assert [v.status for v in evaluation.verdicts] == [
        Status.IMPOSSIBLE,
        Status.IMPOSSIBLE,
        Status.OK,
    ]
    assert not {"impossible", "shortfall"} & set(
        judged(cases, [9.0, 4.0, 5.0]).features
    )


def test_no_failure_ranks_above_a_score_that_is_negative():
    negative = judged([case("a", lower=5.0, best=10.0)], [8.0])
    failed = judge(TINY, [case("a")], REQUEST, outcome(status=Status.TIMEOUT_CPU))

    assert negative.score < 0
    assert failed.score is None


@pytest.mark.parametrize(
    "error", [KeyError("job"), RecursionError("deep"), OverflowError("int too large")]
)
def test_a_verifier_that_raises_is_our_failure_and_names_pack_and_instance(error):
    def broken(_instance, _entry_point, _answer):
        raise error

    with pytest.raises(EvaluatorError, match="'tiny' failed on instance t1") as caught:
        Judge(replace(TINY, verify=broken)).judge(REQUEST, outcome(*BEST))

    assert type(error).__name__ in str(caught.value)
    assert "\n" not in str(caught.value)


def test_one_invalid_answer_costs_the_score_and_is_named():
    evaluation = verdict_of([1, 2, 0], [0, 0, 1, 2])

    assert (evaluation.status, evaluation.score) == (Status.INVALID, None)
    assert evaluation.message == "t2: not_a_permutation"
    assert [v.status for v in evaluation.verdicts] == [Status.OK, Status.INVALID]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_verifier_that_lets_a_non_number_through_is_not_believed(value):
    evaluation = judged([case("a")], [value])

    assert evaluation.verdicts[0].violations == ("objective_not_finite",)


def test_what_was_done_before_a_failure_is_judged_too():
    evaluation = verdict_of(
        BEST[0], status=Status.ERROR, at=1, message="KeyError: 3", cpu_seconds=0.5
    )

    assert (evaluation.status, evaluation.score) == (Status.ERROR, None)
    assert [v.status for v in evaluation.verdicts] == [Status.OK, Status.ERROR]
    assert evaluation.message == "t2: KeyError: 3"
    assert evaluation.cpu_seconds == 0.5


@pytest.mark.parametrize("answers", [(), BEST[:1], (*BEST, BEST[0])])
def test_a_wrong_number_of_answers_breaks_the_protocol(answers):
    evaluation = verdict_of(*answers)

    assert evaluation.status is Status.PROTOCOL
    assert [v.status for v in evaluation.verdicts] == [Status.PROTOCOL] * 2


def test_a_forged_index_is_harmless():
    assert verdict_of(status=Status.ERROR, at=99, message="x").message == "x"


def test_instances_and_references_are_asked_once():
    asked = []

    def instances(split):
        asked.append(split)
        return TINY.instances(split)

    patient = Judge(replace(TINY, instances=instances))
    for _ in range(3):
        patient.judge(REQUEST, outcome(*BEST))

    assert asked == [Split.TRAIN]


def test_a_missing_reference_is_our_failure():
    def missing(instance):
        raise ReferenceMissingError(instance.id)

    with pytest.raises(ReferenceMissingError):
        Judge(replace(TINY, reference=missing)).judge(REQUEST, outcome(*BEST))


def test_an_unknown_entry_point_is_a_usage_error():
    with pytest.raises(ConfigError, match="no entry point 'sort'; it has: priority"):
        Judge(TINY).check(replace(REQUEST, entry_point="sort"))

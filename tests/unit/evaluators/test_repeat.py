from dataclasses import replace

import pytest

from evaluators.base import Evaluation, InstanceVerdict, Status
from evaluators.repeat import difference
from problems.base import Split


def evaluation(*outcomes):
    verdicts = tuple(
        InstanceVerdict(
            instance=f"i{at}",
            status=outcome if isinstance(outcome, Status) else Status.OK,
            objective=None if isinstance(outcome, Status) else outcome,
        )
        for at, outcome in enumerate(outcomes)
    )
    return Evaluation(
        split=Split.TRAIN, status=Status.ERROR, score=None, verdicts=verdicts
    )


def test_equal_outcomes_do_not_differ():
    assert difference(evaluation(1.0, 2.0), evaluation(1.0, 2.0)) == ""


def test_the_first_instance_that_differs_is_named_with_both_outcomes():
    again = evaluation(1.0, 2.0000000000000004, 9.0)

    assert difference(evaluation(1.0, 2.0, 3.0), again) == (
        "i1 gave 2.0 and then 2.0000000000000004"
    )
    assert difference(evaluation(1.0), evaluation(Status.ERROR)) == (
        "i0 gave 1.0 and then error"
    )


@pytest.mark.parametrize(
    "status", [Status.TIMEOUT_CPU, Status.TIMEOUT_WALL, Status.MEMORY]
)
def test_what_the_machine_may_have_done_is_no_evidence(status):
    assert difference(evaluation(1.0, 2.0), evaluation(1.0, status)) == ""


def test_evaluations_of_other_instances_cannot_be_compared():
    other = evaluation(1.0)
    renamed = replace(other, verdicts=(replace(other.verdicts[0], instance="x"),))

    with pytest.raises(ValueError, match="i0 is compared with x"):
        difference(evaluation(1.0), renamed)
    with pytest.raises(ValueError):
        difference(evaluation(1.0), evaluation(1.0, 2.0))

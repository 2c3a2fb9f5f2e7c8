import json

import pytest

from problems.jssp.verify import verify
from tests.unit.problems.jssp.examples import SMALL

GOOD = [[1, 4], [0, 4], [0, 6]]


def _codes(answer):
    verdict = verify(SMALL, "priority", answer)
    assert (verdict.objective is None) == bool(verdict.violations)
    return verdict.violations


def test_the_objective_is_the_last_end():
    verdict = verify(SMALL, "priority", GOOD)
    assert verdict.objective == 11
    # Ends 6, 8, 11 with 17 units of work on two machines.
    assert verdict.features == {
        "idle_share": 1 - 17 / 22,
        "wait_share": (25 - 17) / 33,
        "short_first_share": 1.0,
        "urgent_first_share": 0.75,
    }


def test_a_schedule_may_have_gaps():
    late = [[start + 3 for start in row] for row in GOOD]
    assert verify(SMALL, "active_priority", late).objective == 14


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        ({"0": 1}, ("not_a_list",)),
        (None, ("not_a_list",)),
        ("012", ("not_a_list",)),
        ([], ("wrong_length",)),
        (GOOD[:2], ("wrong_length",)),
        ([*GOOD, [0, 0]], ("wrong_length",)),
        ([GOOD[0], None, GOOD[2]], ("not_a_list:1",)),
        ([GOOD[0], [0], GOOD[2]], ("wrong_length:1",)),
        ([GOOD[0], [0, 4, 9], GOOD[2]], ("wrong_length:1",)),
        ([[True, 4], *GOOD[1:]], ("not_a_time:0:0",)),
        ([[1, 4.0], *GOOD[1:]], ("not_a_time:0:1",)),
        ([*GOOD[:2], [-1, 18]], ("not_a_time:2:0", "not_a_time:2:1")),
        ([*GOOD[:2], [0, 10**5000]], ("not_a_time:2:1",)),
        ([[1, 3], *GOOD[1:]], ("precedence:0:1",)),
        ([[1, 4], [0, 3], [0, 6]], ("overlap:0:1",)),
        ([[1, 4], [4, 6], [0, 6]], ("overlap:1:1",)),
        ([[0, 3], [0, 3], [0, 5]], ("overlap:0:0",)),
    ],
)
def test_each_fault_has_its_code(answer, codes):
    assert _codes(answer) == codes


def test_not_a_number_in_an_answer_is_no_time():
    assert _codes(json.loads("[[NaN, 1], [Infinity, 2], [0, 6]]"))[0].startswith("not_")


def test_a_long_operation_overlaps_all_that_start_in_it():
    assert _codes([[2, 5], [7, 4], [0, 12]])[0].startswith("precedence:1")
    codes = _codes([[0, 3], [0, 2], [2, 6]])
    assert codes == ("overlap:0:2", "overlap:0:1")


def test_a_huge_answer_gives_few_codes():
    assert _codes([None] * 100_000)[0] == "wrong_length"
    assert len(_codes([[None] * 50_000] * 3)) <= 20

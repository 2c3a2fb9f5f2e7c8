import json

import pytest

from problems.smtt.model import SmttInstance
from problems.smtt.verify import verify

CASE = SmttInstance(id="x", group="n3", p=(4, 1, 3), d=(4, 3, 5), w=(1, 2, 3))


def _codes(answer):
    verdict = verify(CASE, "priority", answer)
    assert (verdict.objective is None) == bool(verdict.violations)
    return verdict.violations


def test_the_objective_is_the_weighted_sum_of_tardiness():
    # Completions 4, 7, 8 against due dates 4, 5, 3.
    verdict = verify(CASE, "priority", [0, 2, 1])
    assert verdict.objective == 3 * 2 + 2 * 5
    assert verdict.features == {
        "late_share": 2 / 3,
        "max_tardiness_share": 5 / 8,
        "short_first_share": 0,
        "due_first_share": 0.5,
    }


def test_a_single_job_is_in_order():
    one = SmttInstance(id="x", group="n1", p=(4,), d=(4,), w=(1,))
    assert verify(one, "sequence", [0]).objective == 0
    assert verify(one, "sequence", [0]).features["short_first_share"] == 1


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        ({"0": 1}, ("not_a_list",)),
        (None, ("not_a_list",)),
        ("012", ("not_a_list",)),
        (7, ("not_a_list",)),
        ([0, 1], ("wrong_length", "missing_job:2")),
        ([0, 1, 1], ("duplicate_job:1", "missing_job:2")),
        ([0, 1, 2, 2], ("wrong_length", "duplicate_job:2")),
        ([0, 1, 3], ("not_an_index:2", "missing_job:2")),
        ([-1, 1, 2], ("not_an_index:0", "missing_job:0")),
        ([0, True, 2], ("not_an_index:1", "missing_job:1")),
        ([0, 1.0, 2], ("not_an_index:1", "missing_job:1")),
        (
            [0, [1], {"2": 2}],
            ("not_an_index:1", "not_an_index:2", "missing_job:1", "missing_job:2"),
        ),
        ([0, 1, 10**5000], ("not_an_index:2", "missing_job:2")),
        ([], ("wrong_length", "missing_job:0", "missing_job:1", "missing_job:2")),
    ],
)
def test_each_fault_has_its_code(answer, codes):
    assert _codes(answer) == codes


def test_not_a_number_in_an_answer_is_no_index():
    assert "not_an_index:0" in _codes(json.loads("[NaN, 1, Infinity]"))


def test_a_huge_answer_gives_few_codes():
    codes = _codes([None] * 100_000)
    assert codes[0] == "wrong_length"
    assert len(codes) == 20

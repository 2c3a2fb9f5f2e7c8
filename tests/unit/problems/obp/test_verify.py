import pytest

from problems.obp.model import ObpInstance
from problems.obp.verify import verify

CASE = ObpInstance(id="x", group="g", capacity=10, items=(6, 5, 4, 1))


def test_the_objective_is_the_number_of_bins_with_an_item():
    verdict = verify(CASE, "cost", [3, 0, 3, 0])
    assert verdict.objective == 2
    assert verdict.features == {
        "full_share": 0.5,
        "nearly_full_share": 0.5,
        "half_empty_share": 0,
    }
    assert verify(CASE, "priority", [0, 1, 2, 3]).features["half_empty_share"] == 0.75


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        (None, ("not_a_list",)),
        ({"0": 0}, ("not_a_list",)),
        ([], ("wrong_length",)),
        ([0, 1, 0], ("wrong_length",)),
        ([0, 1, 0, 1, 2], ("wrong_length",)),
        ([0, 0, 1, 1], ("overfull:0",)),
        ([0, 0, 0, 0], ("overfull:0",)),
        ([0, 1, 4, -1], ("not_a_bin:2", "not_a_bin:3")),
        ([0, 1.0, True, "1"], ("not_a_bin:1", "not_a_bin:2", "not_a_bin:3")),
        ([[0], None, {}, 10**400], tuple(f"not_a_bin:{k}" for k in range(4))),
    ],
)
def test_each_fault_has_its_code(answer, codes):
    verdict = verify(CASE, "cost", answer)
    assert (verdict.objective, verdict.violations) == (None, codes)


def test_at_most_20_violations_are_reported():
    long = ObpInstance(id="x", group="g", capacity=1, items=(1,) * 99)
    assert len(verify(long, "cost", [-1] * 99).violations) == 20

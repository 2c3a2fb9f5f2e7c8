import pytest

from evolve.agents.genetic.expression import Const, Op
from evolve.agents.genetic.simplify import simplify
from evolve.agents.genetic.text import text
from tests.fakes.genetic import expression


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("job.p + 0", "job.p"),
        ("1 * job.p", "job.p"),
        ("0 * job.p", "0"),
        ("job.p - job.p", "0"),
        ("--job.p", "job.p"),
        ("job.p + job.p", "2 * job.p"),
        ("job.d * state.n / job.d", "state.n"),
        ("2 * (job.p + 3) * 4", "8 * job.p + 24"),
        ("2 * job.d + 2 * job.p", "2 * (job.d + job.p)"),
        ("job.p + (job.d - (job.p - 1))", "job.d + 1"),
        ("(job.p / job.d) / state.n", "job.p / (job.d * state.n)"),
        ("job.p / (job.d / state.n)", "job.p * state.n / job.d"),
        ("job.p / 3", "0.3333 * job.p"),
        ("max(job.p, max(job.d, job.p))", "max(job.d, job.p)"),
        ("max(2, job.p, 3)", "max(job.p, 3)"),
        ("max(job.p, min(job.p, job.d))", "job.p"),
        ("min(job.p, job.p)", "job.p"),
        ("abs(-2 * job.p)", "2 * abs(job.p)"),
        ("abs(abs(job.p))", "abs(job.p)"),
        ("job.p if 1 < 2 else job.d", "job.p"),
        ("job.p if job.d < job.d else job.d", "job.d"),
        ("job.p if not job.d < 3 else job.p", "job.p"),
        ("job.p if not job.d < 3 else state.t", "job.p if job.d >= 3 else state.t"),
        (
            "(job.p if job.d < 3 else state.t) if job.d < 3 else state.n",
            "job.p if job.d < 3 else state.n",
        ),
        (
            "job.p if job.d < 3 and True and job.d < 3 else 0",
            "job.p if job.d < 3 else 0",
        ),
    ],
)
def test_the_same_value_is_written_shorter(long, short):
    assert text(simplify(expression(long))) == short


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("job.p + job.d", "job.d + job.p"),
        ("max(job.p, job.d)", "max(job.d, job.p)"),
        ("job.p * job.d * 2", "job.d * (2 * job.p)"),
        ("job.p - (state.t - job.d)", "job.d + job.p - state.t"),
    ],
)
def test_programs_that_differ_by_algebra_get_one_form(one, other):
    assert simplify(expression(one)) == simplify(expression(other))


def test_folded_constants_have_four_digits():
    folded = simplify(expression("1.23456 * 2.34567 * job.p"))
    assert text(folded) == "2.896 * job.p"


def test_a_division_by_zero_is_not_folded_away():
    assert simplify(Op("/", (Const(1.0), Const(0.0)))) == Op("/", (Const(1), Const(0)))

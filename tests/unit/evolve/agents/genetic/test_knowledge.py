"""What is read off descriptions and off expressions: signs, units, ranking."""

import numpy as np
import pytest

from evolve.agents.genetic.behaviour import Probe
from evolve.agents.genetic.ranking import Ranking
from evolve.agents.genetic.safety import Sign, declared_sign, protect, sign, tame
from evolve.agents.genetic.simplify import simplify
from evolve.agents.genetic.text import text
from evolve.agents.genetic.units import consistent, declared_unit
from evolve.agents.genetic.vocabulary import vocabulary
from problems.base import Feature
from tests.fakes.genetic import ENTRY_POINT, expression, value, views

WORDS = vocabulary(ENTRY_POINT.features)
TIME = (("seconds", 1),)


@pytest.mark.parametrize(
    ("doc", "expected"),
    [
        ("processing time, at least 1", Sign.POSITIVE),
        ("weight, > 0", Sign.POSITIVE),
        ("mean load, positive", Sign.POSITIVE),
        ("number of machines", Sign.NON_NEGATIVE),
        ("load, >= 0", Sign.NON_NEGATIVE),
        ("time now, seconds from 0", Sign.NON_NEGATIVE),
        ("slack, seconds", Sign.UNKNOWN),
    ],
)
def test_signs_come_from_descriptions(doc, expected):
    assert declared_sign(Feature(code="x", doc=doc)) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("job.p + state.t", Sign.POSITIVE),
        ("state.t * job.d", Sign.NON_NEGATIVE),
        ("job.p - state.t", Sign.UNKNOWN),
        ("max(job.p - state.t, 1)", Sign.POSITIVE),
        ("min(job.p, state.t)", Sign.NON_NEGATIVE),
        ("abs(job.d - 3)", Sign.NON_NEGATIVE),
        ("state.t / job.p", Sign.NON_NEGATIVE),
        ("job.p if job.d < 3 else state.t", Sign.NON_NEGATIVE),
        ("(job.d - 3) ** 2", Sign.NON_NEGATIVE),
    ],
)
def test_signs_of_expressions_are_inferred(code, expected):
    assert sign(expression(code), WORDS.signs) is expected


@pytest.mark.parametrize(
    "code",
    ["job.p / state.t", "job.p / (job.d - state.t)", "job.p % job.d", "1 / 0"],
)
def test_no_protected_division_fails(code):
    guarded = protect(expression(code), WORDS.signs, ())
    rng = np.random.default_rng(0)
    for _ in range(100):
        job, state = views(rng)
        job.d = state.t = int(rng.integers(0, 2))
        assert np.isfinite(value(guarded, job, state))


def test_safe_and_accepted_divisions_are_left_alone():
    safe, theirs = expression("job.d / job.p"), expression("job.p / (job.d - 1)")
    assert protect(safe, WORDS.signs, ()) == safe
    assert protect(theirs, WORDS.signs, {theirs.args[1]}) == theirs


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("job.p ** 2", True),
        ("(job.d - state.t) ** 2", True),
        ("(job.d - state.t) ** 0.5", False),
        ("state.t ** -1", False),
        ("job.p ** -1", True),
        ("job.p ** job.d", False),
        ("job.p ** 40", False),
    ],
)
def test_powers_that_may_overflow_or_turn_complex_are_recognised(code, allowed):
    assert tame(expression(code), WORDS.signs) is allowed


def test_units_are_those_declared_whatever_the_description_says():
    assert declared_unit(ENTRY_POINT.features[1]) == TIME
    assert declared_unit(Feature(code="x", doc="of the job, at least 0")) == ()


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("job.p + job.d", True),
        ("max(job.p, 2 * state.t)", True),
        ("job.p * state.t / job.d", True),
        ("job.p + state.n", False),
        ("job.p * state.t", False),
        ("job.p if job.d < state.t else job.d", True),
        ("job.p if job.d < state.n else job.d", False),
        ("job.p + abs(job.d * job.d)", False),
        ("state.n * (1 + job.p / job.d)", False),
        ("job.p * math.exp(job.p / job.d)", True),
        ("job.p * math.exp(job.p)", False),
    ],
)
def test_mixed_units_are_recognised(code, allowed):
    units = WORDS.units | {"state.n": ()}
    assert consistent(expression(code), units, TIME) is allowed


@pytest.mark.parametrize(
    ("code", "plain"),
    [
        ("job.d + state.t", "job.d"),
        ("3 * job.d + 6 * job.p - state.n", "job.d + 2 * job.p"),
        ("job.d * state.n", "job.d"),
        ("-2 * job.d / state.n", "-job.d"),
        ("state.t * job.d", "job.d * state.t"),
        ("state.t + state.n", "0"),
        ("max(job.d, state.t) + 1", "max(job.d, state.t)"),
        (
            "job.d + 1 if state.t < 3 else 2 * job.p",
            "job.d if state.t < 3 else job.p",
        ),
    ],
)
def test_what_all_objects_share_is_dropped(code, plain):
    ranking = Ranking(ENTRY_POINT, "job", WORDS.signs)
    assert text(ranking.normal(simplify(expression(code)))) == plain


def test_nothing_is_dropped_where_the_value_itself_counts():
    from dataclasses import replace

    other = replace(ENTRY_POINT, doc="Returns how much to order.")
    expr = simplify(expression("job.d + state.t"))
    assert Ranking(other, "job", WORDS.signs).normal(expr) == expr


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("max(job.d - state.t, job.p)", "max(job.d, job.p + state.t)", True),
        ("job.d / state.n", "job.d", True),
        ("job.d", "job.p", False),
        ("job.d", "-job.d", False),
    ],
)
def test_expressions_that_order_alike_behave_alike(one, other, alike):
    probe = Probe(Ranking(ENTRY_POINT, "job", WORDS.signs))
    same = probe.behaviour(expression(one)) == probe.behaviour(expression(other))
    assert same is alike


def test_an_expression_without_a_value_has_no_behaviour():
    probe = Probe(Ranking(ENTRY_POINT, "job", WORDS.signs))
    assert probe.behaviour(expression("job.p / (job.d - job.d)")) is None

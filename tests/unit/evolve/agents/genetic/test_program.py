import ast

import numpy as np
import pytest

from evolve.agents.genetic.program import NotEvolvableError, parse, render
from evolve.agents.genetic.text import text
from tests.fakes.genetic import (
    EDD,
    FOOTER,
    HEADER,
    MIXED,
    expression,
    function,
    views,
    wrap,
)

PARAMETERS = ("job", "state")


def parsed(source):
    return parse(source, "priority", PARAMETERS)


def same_decisions(one, other, rounds=200):
    rng = np.random.default_rng(0)
    for _ in range(rounds):
        job, state = views(rng)
        assert one(job, state) == pytest.approx(other(job, state), rel=1e-3)


BODIES = {
    "locals and augmented assignment": (
        "    mu = max(1.1 * job.p + state.t, job.d)\n"
        "    rho: float = min(job.p / (state.t + 100), 1)\n"
        "    mu *= 1 + rho ** 2\n"
        "    return mu + job.p / state.n"
    ),
    "branches that return": (
        "    if job.d < state.t and not job.p > 50:\n"
        "        x = job.p\n"
        "        return x + 1\n"
        "    elif 3 < job.p <= 20:\n"
        "        return job.d\n"
        "    return job.d + job.p"
    ),
    "branches that assign": (
        "    x = job.d\n"
        "    if state.t > job.d:\n"
        "        x = state.t + job.p\n"
        "    else:\n"
        "        x = x + 0.5 * job.p\n"
        "    return -x"
    ),
    "a loop before the tail": (
        "    total = 0\n"
        "    for k in range(3):\n"
        "        total += k * job.p\n"
        "    total = total + job.d\n"
        "    return total / 2"
    ),
    "calls that stay text": (
        "    return sorted([job.p, job.d])[0] + math.sqrt(job.p) + pow(job.p, 2)"
    ),
    "a number from a comparison": "    return job.p + 5 * (job.d < state.t)",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_taking_a_program_apart_and_together_keeps_what_it_does(body):
    source = wrap(body)
    one = parsed(source)
    same_decisions(function(render(one, one.expr, {})), function(source))


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_written_program_is_read_back_as_the_same_expression(body):
    one = parsed(wrap(body))
    again = parsed(render(one, one.expr, {}))
    assert again.expr == one.expr


def test_text_outside_the_function_is_kept_byte_for_byte():
    helper = "def helper(x):  # mine\n    return x\n\n\nSCALE = 3\n\n\n"
    source = EDD.replace("def priority", helper + "def priority")
    out = render(parsed(source), expression("job.p"), {})
    assert out == source.replace("return job.d", "return job.p")


def test_statements_that_have_no_expression_stay_in_front():
    source = wrap("    for k in ():\n        pass\n    return job.d")
    out = render(parsed(source), expression("job.p"), {})
    assert "    for k in ():\n        pass\n    return job.p\n" in out


def test_other_parameter_names_are_brought_into_line():
    source = EDD.replace("(job, state)", "(j, s)").replace("job.d", "j.d + s.t")
    one = parsed(source)
    assert text(one.expr) == "j.d + s.t".replace("j.", "job.").replace("s.t", "state.t")
    assert "def priority(job, state):" in render(one, one.expr, {})


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("x = 1\n", "evolve block"),
        (EDD.replace("priority", "other"), "does not define priority"),
        (EDD.replace("return job.d", "return job.d +"), "does not parse"),
        (wrap("    pass"), "does not return"),
        (wrap("    return"), "does not return"),
    ],
)
def test_what_cannot_be_changed_is_refused_with_the_reason(source, why):
    with pytest.raises(NotEvolvableError, match=why):
        parsed(source)


def test_names_of_the_program_survive_where_their_expressions_do():
    source = wrap(
        "    late = max(state.t + job.p - job.d, 0)\n"
        "    return late + job.d / (1 + late) + late * job.p"
    )
    one = parsed(source)
    assert "    late = max(" in render(one, one.expr, {})


def test_long_expressions_become_lines_of_at_most_88_characters():
    code = " + ".join(
        f"{i}.5 * job.p / (state.t + {i}) * max(job.d, {i} * state.t)"
        for i in range(1, 7)
    )
    one = parsed(EDD)
    out = render(one, parsed(wrap(f"    return {code}")).expr, {})
    assert max(map(len, out.splitlines())) <= 88
    same_decisions(function(out), function(wrap(f"    return {code}")))


def test_a_guarded_division_is_not_computed_before_its_guard():
    body = (
        "    if job.d > 0:\n"
        "        return (state.t / job.d + 7) * job.p + 3 / (state.t / job.d + 7)\n"
        "    return job.p"
    )
    one = parsed(wrap(body))
    run = function(render(one, one.expr, {}))
    job, state = views(np.random.default_rng(1))
    job.d = 0
    assert run(job, state) == job.p


def test_block_and_frame_are_still_there():
    one = parsed(MIXED)
    out = render(one, one.expr, {})
    assert out.startswith(HEADER)
    assert out.endswith(FOOTER)
    ast.parse(out)

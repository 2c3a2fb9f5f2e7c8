"""Which numbers of a program are parameters, and how they are written."""

import pytest

from evolve.agents.constants import constants
from tests.fakes.genetic import FOOTER, HEADER, wrap


def found(body: str) -> list[float]:
    return [literal.value for literal in constants(wrap(body)).literals]


@pytest.mark.parametrize(
    ("code", "numbers"),
    [
        ("1.5 * job.p + 3", [1.5, 3]),
        ("-0.25 * job.d", [0.25]),
        ("max(0, job.d)", []),
        ("min(1e9, 1e-9 + job.p)", []),
        ("job.p ** 2", []),
        ("job.p ** -2", []),
        ("job.p ** 1.5", [1.5]),
        ("job.p % 7", []),
        ("q[3] + q[1:2]", []),
        ("sum(x for x in range(2, 9, 3))", []),
        ("round(2.5 * job.p, 2)", [2.5]),
        ("job.p if state.n == 4 else 5", [5]),
        ("job.p if state.n < 4 else True", [4]),
        ("len(f'{2:3}')", []),
        ("sorted(q, key=lambda x: 2.5 * x)", [2.5]),
        ("2j * job.p", []),
    ],
)
def test_parameters_are_told_from_structure(code, numbers):
    assert found(f"    return {code}") == numbers


def test_counters_and_annotations_are_structure():
    assert found("    n: int = 4\n    n += 1\n    n *= 1.5\n    return n") == [4, 1.5]


def test_only_the_digits_change():
    source = wrap("    é = 'é'  ;  x = 2.0*job.p  # 2.0 stays\n    return x + 3")
    written = constants(source).written([0.123456, 7.6])
    assert written == source.replace("2.0*", "0.123*").replace("x + 3", "x + 8")
    assert written.startswith(HEADER)
    assert written.endswith(FOOTER)


def test_unchanged_numbers_are_written_as_they_are():
    source = wrap("    return 1.2345678 * job.p + 3")
    found = constants(source)
    assert found.written([literal.value for literal in found.literals]) == source


def test_a_whole_number_stays_one_and_keeps_its_sign():
    assert "-1 * job.p" in constants(wrap("    return -5 * job.p")).written([0.01])


@pytest.mark.parametrize("source", ["def f(): pass\n", HEADER + "def (:\n" + FOOTER])
def test_what_has_no_block_that_parses_has_no_numbers(source):
    assert constants(source) is None

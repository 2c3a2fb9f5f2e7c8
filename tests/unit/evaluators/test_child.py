import json

import pytest

from evaluators.sandbox import child


def perform(source, instances=(1, 2, 3), cap=1000):
    job = {"source": source, "entry_point": "f", "seed": 7}
    payload = child.perform(run, instances, job, cap)
    return json.loads(payload)


def run(entry_point, heuristic, instance, seed):
    return heuristic(instance, seed)


def test_one_answer_per_instance():
    assert perform("def f(x, seed): return [x, seed]") == {
        "ok": [[1, 7], [2, 7], [3, 7]]
    }


def test_a_failure_names_the_instance_and_keeps_what_was_done():
    failed = perform("def f(x, seed):\n    return 6 / (x - 2)\n")

    assert (failed["at"], failed["done"]) == (1, [-6.0])
    assert failed["err"] == {
        "kind": "raised",
        "type": "ZeroDivisionError",
        "message": "division by zero",
        "trace": "line 2, in f: return 6 / (x - 2)",
    }


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("def f(:", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
        ("def g(x, seed): return 1", "TypeError"),
        ("f = 3", "TypeError"),
        ("raise SystemExit(0)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("x = '\\0'\0", "ValueError"),
    ],
)
def test_a_program_that_cannot_be_loaded_fails_before_the_first_instance(source, name):
    failed = perform(source)

    assert (failed["at"], failed["done"]) == (None, [])
    assert failed["err"]["type"] in {name, "SyntaxError"}


def test_a_syntax_error_shows_its_line():
    assert perform("x = 1\ny =\n")["err"]["trace"] == "line 2, in module: y ="


@pytest.mark.parametrize(
    "answer", ["{1, 2}", "object()", "float('nan')", "[1, float('inf')]", "10**6000"]
)
def test_an_answer_that_is_no_plain_data_is_called_so(answer):
    failed = perform(f"def f(x, seed): return {answer}")

    assert failed["err"]["kind"] == "answer"
    assert failed["at"] == 0


def test_answers_may_not_outgrow_the_cap_together():
    failed = perform("def f(x, seed): return 'y' * 400", cap=1000)

    assert failed["err"]["message"] == "the answers are too large"
    assert (failed["at"], len(failed["done"])) == (2, 2)


def test_a_program_cannot_pass_its_own_error_off_as_ours():
    source = "class AnswerError(Exception): pass\ndef f(x, seed): raise AnswerError"

    assert perform(source)["err"]["kind"] == "raised"


def test_an_exception_that_refuses_to_be_described_is_described_anyway():
    source = """
class Evil(BaseException):
    def __str__(self):
        raise self
def f(x, seed):
    raise Evil
"""
    assert perform(source)["err"]["message"] == "the exception cannot be described"


def test_a_long_trace_keeps_its_innermost_lines():
    failed = perform("def f(x, seed): return f(x, seed)")

    assert failed["err"]["type"] == "RecursionError"
    assert len(failed["err"]["trace"].splitlines()) == 5

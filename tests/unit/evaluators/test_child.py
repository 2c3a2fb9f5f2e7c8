import json
import sys

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


def test_a_dataclass_may_have_annotations_that_are_text():
    source = (
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n\n"
        "@dataclass\nclass Job:\n    p: int = 5\n\n"
        "def f(x, seed): return Job().p\n"
    )
    assert perform(source) == {"ok": [5, 5, 5]}


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


BUNDLE = """import math
from rules import weigh
def f(x, seed):
    return math.floor(weigh(x))
# FILE rules.py
import scale
def weigh(x):
    from scale import FACTOR
    return x * FACTOR + scale.zero()
# FILE scale.py
FACTOR = 2
def zero():
    return 0
"""


def test_helper_files_are_modules_of_the_program_and_of_each_other():
    before = set(sys.modules)

    assert perform(BUNDLE) == {"ok": [2, 4, 6]}
    assert set(sys.modules) - before <= {"candidate.rules", "candidate.scale"}


def test_a_helper_file_is_run_once_and_shared():
    source = (
        "import a, b\ndef f(x, seed): return [a.state is b.state, len(a.state)]\n"
        "# FILE a.py\nfrom state import state\nstate.append(1)\n"
        "# FILE b.py\nfrom state import state\nstate.append(2)\n"
        "# FILE state.py\nstate = []\n"
    )
    assert perform(source)["ok"] == [[True, 2]] * 3


def test_a_trace_names_the_file_of_each_line():
    failed = perform(BUNDLE.replace("return 0", "return 1 / 0"), [1])

    assert failed["err"]["trace"].split("\n") == [
        "line 4, in f: return math.floor(weigh(x))",
        "rules.py line 4, in weigh: return x * FACTOR + scale.zero()",
        "scale.py line 3, in zero: return 1 / 0",
    ]


def test_a_syntax_error_in_a_helper_file_names_it():
    error = perform(BUNDLE.replace("FACTOR = 2", "FACTOR ="))["err"]

    assert "(scale.py, line 1)" in error["message"]
    assert error["trace"] == "scale.py line 1, in module: FACTOR ="


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("# FILE json.py\nx = 1\n", "there is such a module"),
        ("# FILE pytest.py\nx = 1\n", "there is such a module"),
        ("# FILE a.py\n# FILE a.py\n", "twice"),
        ("import a\n# FILE a.py\nfrom . import b\n# FILE b.py\n", "relative import"),
        ("import a.b\n# FILE a.py\n", "No module named 'a'"),
        ("import a\n# FILE a.py\nfrom b import x\n# FILE b.py\nfrom a import y\n",
         "cannot import name 'y' from 'candidate.a'"),
        ("import a\n# FILE a.py\nfrom b import x\n# FILE b.py\nimport a\na.y\n",
         "no attribute 'y'"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_are_an_error_of_the_program(source, words):
    failed = perform("def f(x, seed): return 1\n" + source)

    assert words in failed["err"]["message"]


def test_a_helper_file_that_failed_to_load_is_not_there():
    source = (
        "try:\n    import a\nexcept ZeroDivisionError:\n    pass\n"
        "def f(x, seed):\n    import a\n    return 1\n# FILE a.py\n1 / 0\n"
    )
    assert perform(source)["err"]["type"] == "ZeroDivisionError"


def test_a_class_of_a_helper_file_may_be_a_dataclass():
    source = (
        "from a import A\ndef f(x, seed): return A(x).x\n# FILE a.py\n"
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: 'int'\n"
    )
    assert perform(source)["ok"] == [1, 2, 3]

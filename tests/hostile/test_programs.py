"""What attacks are worth, judged end to end."""

import pytest

from evaluators.base import Status
from evaluators.hostile.programs.state import SEARCH
from evaluators.hostile.records import PRELUDE
from tests.fakes.tiny_problem import SPT

HONEST = "def raw(instance, seed): return list(range(len(instance)))"


def test_an_attack_that_achieves_something_would_be_seen(judge):
    evaluation = judge(PRELUDE + "def raw(instance, seed): return achieved(instance)")

    assert (evaluation.status, evaluation.score) == (Status.OK, 0.0)


def test_the_search_of_memory_finds_what_is_there(judge):
    # The docstring of the driver, spelt so that the program does not hold it.
    search = SEARCH.replace("'@SECRET@'[::-1]", "'Driver of the' + ' tiny'")

    assert judge(PRELUDE + search).status is Status.OK


@pytest.mark.parametrize("module", ["ctypes", "_ctypes", "pickle"])
def test_modules_that_the_pack_does_not_list_are_not_there(judge, module):
    assert judge(f"import {module}").status is Status.FORBIDDEN


def test_native_code_is_within_reach_and_gains_nothing(judge):
    # Finds ctypes through its classes, although the module is not offered.
    source = (
        PRELUDE
        + """
def libc():
    for sub in object.__subclasses__():
        if sub.__module__ == 'ctypes' and hasattr(sub.__init__, '__globals__'):
            return sub.__init__.__globals__['CDLL'](None)
def raw(instance, seed):
    native = libc()
    worked = [native.fork() != -1, native.socket(2, 1, 0) != -1,
              native.open(b'/etc/passwd', 0) != -1, native.kill(0, 0) != -1]
    return achieved(instance) if any(worked) else None
"""
    )
    assert judge(source).status is Status.INVALID


def test_a_forged_frame_with_the_right_answers_is_worth_what_they_are_worth(judge):
    forged = """
import os, struct
data = b'{"ok":[[0,1,2],[0,1,2,3]]}'
os.write(3, struct.pack('<I', len(data)) + data)
os._exit(0)
"""
    assert judge(forged).score == judge(HONEST).score > 0


def test_patches_of_shared_modules_end_with_the_program(judge):
    vandal = """
import builtins, json, math, random, time
def lie(*args, **kwargs): return 0
json.dumps = json.loads = builtins.sum = builtins.min = builtins.sorted = lie
builtins.len = lambda x: 1
math.floor = random.random = time.time = lie
json.JSONEncoder.encode = lambda self, o: '[1,2,0]'
def raw(instance, seed): return 0
"""
    assert judge(vandal).score is None
    assert judge(SPT, "priority").score == 0.0


def test_subclasses_of_plain_types_are_judged_as_what_they_hold(judge):
    source = """
class Sly(int):
    def __eq__(self, other): return True
    def __hash__(self): return 0
    def __repr__(self): return '0'
    __str__ = __repr__
class Slier(list):
    def __len__(self): return 99
    def __eq__(self, other): return True
def raw(instance, seed):
    return Slier(Sly(j) for j in range(len(instance)))
"""
    assert judge(source).score == judge(HONEST).score


@pytest.mark.parametrize(
    "value", ["float('nan')", "float('inf')", "None", "'x'", "object()", "[]", "1j"]
)
def test_odd_priorities_give_a_true_score_or_none(judge, value):
    evaluation = judge(f"def priority(p, time): return {value}", "priority")

    if evaluation.status is Status.OK:
        # All equal or incomparable: the driver kept the order of the instance.
        assert evaluation.score == pytest.approx((3 / 10 + 9 / 39) / 2)
    else:
        assert evaluation.status is Status.ERROR

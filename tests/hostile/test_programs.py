"""No program gains anything, outlives its evaluation, or hurts the next one."""

import asyncio

import pytest

from evaluators.base import EvaluationRequest, Status
from problems.base import Split
from tests.fakes.processes import descendants, wait_until
from tests.fakes.tiny_problem import SPT
from tests.hostile.programs import PRELUDE, PROGRAMS, SEARCH


def judge(host, source, entry_point="raw"):
    request = EvaluationRequest(
        source=host.aim(source), entry_point=entry_point, split=Split.TRAIN
    )
    return asyncio.run(host.evaluator.evaluate(request))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_contained(host, program):
    assert judge(host, SPT, "priority").score == 0.0
    before = descendants()

    evaluation = judge(host, program.source)

    assert evaluation.status in program.expected, evaluation.message
    assert evaluation.score is None
    assert wait_until(lambda: descendants() <= before), "a process survived"
    assert [file.name for file in host.folder.iterdir()] == ["canary"]
    assert not host.contacted()
    assert judge(host, SPT, "priority").score == 0.0


def test_an_attack_that_achieves_something_would_be_seen(host):
    evaluation = judge(
        host, PRELUDE + "def raw(instance, seed): return achieved(instance)"
    )

    assert (evaluation.status, evaluation.score) == (Status.OK, 0.0)


def test_the_search_of_memory_finds_what_is_there(host):
    # The docstring of the driver, spelt so that the program does not hold it.
    search = SEARCH.replace("@NEEDLE@", "'Driver of the' + ' tiny'")

    assert judge(host, PRELUDE + search).status is Status.OK


def test_a_forged_frame_with_the_right_answers_is_worth_what_they_are_worth(host):
    forged = """
import os, struct
data = b'{"ok":[[0,1,2],[0,1,2,3]]}'
os.write(3, struct.pack('<I', len(data)) + data)
os._exit(0)
"""
    honest = "def raw(instance, seed): return list(range(len(instance)))"

    assert judge(host, forged).score == judge(host, honest).score > 0


def test_patches_of_shared_modules_end_with_the_program(host):
    vandal = """
import builtins, json, math, random, time
def lie(*args, **kwargs): return 0
json.dumps = json.loads = builtins.sum = builtins.min = builtins.sorted = lie
builtins.len = lambda x: 1
math.floor = random.random = time.time = lie
json.JSONEncoder.encode = lambda self, o: '[1,2,0]'
def raw(instance, seed): return 0
"""
    honest = """
import json, math, random, time
def raw(instance, seed):
    fine = (
        json.loads(json.dumps([1])) == [1] and sum([1, 2]) == 3 and len([1, 2]) == 2
        and math.floor(2.5) == 2 and random.random() > 0 and time.time() > 0
    )
    return sorted(range(len(instance)), key=instance.__getitem__) if fine else None
"""
    assert judge(host, vandal).score is None
    assert judge(host, honest).score == 0.0


def test_state_left_in_modules_is_gone_for_the_next_program(host):
    leave = """
import math, sys
math.gift = 1
sys.modules['gift'] = math
def raw(instance, seed): return None
"""
    look = PRELUDE + (
        "import math, sys\ndef raw(instance, seed):\n"
        "    found = hasattr(math, 'gift') or 'gift' in sys.modules\n"
        "    return achieved(instance) if found else None"
    )
    judge(host, leave)

    assert judge(host, look).status is Status.INVALID


def test_subclasses_of_plain_types_are_judged_as_what_they_hold(host):
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
    honest = "def raw(instance, seed): return list(range(len(instance)))"

    assert judge(host, source).score == judge(host, honest).score


@pytest.mark.parametrize(
    "value", ["float('nan')", "float('inf')", "None", "'x'", "object()", "[]", "1j"]
)
def test_odd_priorities_give_a_true_score_or_none(host, value):
    evaluation = judge(host, f"def priority(p, time): return {value}", "priority")

    if evaluation.status is Status.OK:
        # All equal or incomparable: the driver kept the order of the instance.
        assert evaluation.score == pytest.approx((3 / 10 + 9 / 39) / 2)
    else:
        assert evaluation.status is Status.ERROR

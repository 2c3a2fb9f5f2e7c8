"""Evaluations on a real Ray of this machine."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from evaluators.backends import ray as backend
from evaluators.backends.ray import RayEvaluator
from evaluators.base import EvaluationRequest, Sandbox, Status
from evaluators.errors import EvaluatorError, SandboxUnavailableError
from evaluators.hostile.records import PRELUDE
from evaluators.sandbox import levels
from problems.base import Split
from tests.fakes.processes import alive, descendants, wait_until
from tests.fakes.quick_limits import QuickLimits
from tests.fakes.tiny_problem import SPT, TINY

pytestmark = pytest.mark.ray

KEY = "sk-canary-8c21"
BENIGN = EvaluationRequest(source=SPT, entry_point="priority", split=Split.TRAIN)
SLEEPER = replace(BENIGN, source="import time\ntime.sleep(100)")


def make(*, slots=1, level=Sandbox.PROCESS, problem=TINY):
    return RayEvaluator(
        problem, slots=slots, limits=QuickLimits(wall=1.0), min_sandbox=level
    )


@pytest.fixture(scope="module")
def evaluator(local_ray):
    evaluator = make(level=levels.available()[-1])
    yield evaluator
    asyncio.run(evaluator.close())


def judge(evaluator, *requests):
    async def body():
        return await asyncio.gather(*(evaluator.evaluate(r) for r in requests))

    return asyncio.run(body())


def raw(source):
    return replace(BENIGN, source=PRELUDE + source, entry_point="raw")


def zygotes():
    """Zygotes, and the candidates that they forked."""
    found = set()
    for pid in descendants():
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if b"evaluators.sandbox.zygote" in line:
            found.add(pid)
    return found


def test_a_candidate_cannot_import_ray(evaluator):
    (evaluation,) = judge(evaluator, raw("import ray\ndef raw(i, s): return None"))

    assert evaluation.status is Status.FORBIDDEN
    assert "module 'ray' is not available" in evaluation.message


def test_ray_is_not_in_the_memory_of_a_candidate(evaluator):
    source = """
import sys
def raw(instance, seed):
    near = [m for m in sys.modules if m.split('.')[0] in ('ray', 'grpc', 'msgpack')]
    return achieved(instance) if near else None
"""
    (evaluation,) = judge(evaluator, raw(source))

    assert evaluation.status is Status.INVALID


def test_a_key_in_the_environment_of_ray_does_not_reach_a_candidate(local_ray):
    """The environment of the driver is that of Ray's workers: the control shows it."""
    reads = f"""
import os
def raw(instance, seed):
    seen = repr(dict(os.environ))
    try:
        seen += open('/proc/%d/environ' % os.getppid()).read()
    except OSError:
        pass
    return achieved(instance) if {KEY[::-1]!r}[::-1] in seen else None
"""
    script = f"""
import asyncio
from evaluators.backends.ray import RayEvaluator
from tests.unit.evaluators.test_ray import QuickLimits, TINY, Sandbox, raw
import ray
evaluator = RayEvaluator(
    TINY, slots=1, limits=QuickLimits(), min_sandbox=Sandbox.PROCESS
)
look = ray.remote(lambda: __import__('os').environ.get('OPENAI_API_KEY'))
print(ray.get(look.options(num_cpus=0).remote()))
print(asyncio.run(evaluator.evaluate(raw({reads!r}))).status)
asyncio.run(evaluator.close())
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "OPENAI_API_KEY": KEY},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )

    expected = Status.INVALID if Sandbox.SECCOMP in levels.available() else Status.OK
    assert done.stdout.split() == [KEY, str(expected)], done.stderr


def test_patches_of_shared_modules_end_with_the_program(evaluator):
    vandal = """
import builtins, json, math, sys
json.dumps = builtins.sorted = builtins.sum = lambda *a, **k: 0
math.gift = 1
sys.modules['gift'] = math
def raw(instance, seed): return 0
"""
    honest = """
import json, math, sys
def raw(instance, seed):
    fine = json.dumps([1]) == '[1]' and sum([1, 2]) == 3
    clean = not hasattr(math, 'gift') and 'gift' not in sys.modules
    return achieved(instance) if fine and clean else None
"""
    for _ in range(3):
        assert judge(evaluator, raw(vandal))[0].score is None
        assert judge(evaluator, raw(honest))[0].score == 0.0


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("while True: pass", Status.TIMEOUT_CPU),
        ("import os\nos._exit(0)", Status.PROTOCOL),
        ("import os\nos.abort()", Status.CRASHED),
        ("x = bytearray(1500 << 20)", Status.MEMORY),
        ("while True: print('x' * 1_000_000)", Status.PROTOCOL),
    ],
)
def test_a_failing_candidate_is_judged_once_and_hurts_nobody(evaluator, source, status):
    bad, good = judge(evaluator, replace(BENIGN, source=source), BENIGN)

    assert (bad.status, bad.score) == (status, None)
    assert good.score == 0.0


def test_many_at_once_come_in_batches(evaluator, monkeypatch):
    sizes = []
    original = backend._Actor.exchange

    async def counted(self, work):
        sizes.append(len(work))
        return await original(self, work)

    monkeypatch.setattr(backend._Actor, "exchange", counted)
    evaluations = judge(evaluator, *[BENIGN] * 60)

    assert {evaluation.score for evaluation in evaluations} == {0.0}
    assert max(sizes) >= 4
    assert len(sizes) < 50


def test_a_wall_timeout_is_tried_once_more(evaluator, monkeypatch):
    runs = []
    original = RayEvaluator._submit

    async def counted(self, job, avoid=None):
        runs.append(avoid)
        return await original(self, job, avoid)

    monkeypatch.setattr(RayEvaluator, "_submit", counted)
    (evaluation,) = judge(evaluator, SLEEPER)

    assert evaluation.status is Status.TIMEOUT_WALL
    assert runs == [None, 0]


def test_an_actor_that_dies_is_replaced_and_nothing_is_lost(local_ray):
    async def body():
        async with make(slots=2) as evaluator:
            await evaluator.evaluate(BENIGN)
            handle = evaluator._actors[0]._handle
            tasks = [asyncio.create_task(evaluator.evaluate(BENIGN)) for _ in range(80)]
            await asyncio.sleep(0.1)
            local_ray.kill(handle, no_restart=False)
            return await asyncio.wait_for(asyncio.gather(*tasks), 60)

    evaluations = asyncio.run(body())
    assert [evaluation.score for evaluation in evaluations] == [0.0] * 80


def test_a_zygote_that_is_killed_costs_nothing(local_ray):
    before = zygotes()

    async def body():
        async with make() as evaluator:
            await evaluator.evaluate(BENIGN)
            mine = min(zygotes() - before)
            tasks = [asyncio.create_task(evaluator.evaluate(BENIGN)) for _ in range(20)]
            os.kill(mine, signal.SIGKILL)
            return await asyncio.gather(*tasks)

    assert {evaluation.score for evaluation in asyncio.run(body())} == {0.0}


def test_close_ends_evaluations_in_progress_and_all_zygotes(local_ray):
    before = zygotes()

    async def body():
        evaluator = make(slots=2)
        tasks = [asyncio.create_task(evaluator.evaluate(SLEEPER)) for _ in range(4)]
        await asyncio.sleep(0.3)
        mine = zygotes() - before
        await asyncio.wait_for(evaluator.close(), 5)
        results = await asyncio.gather(*tasks, return_exceptions=True)
        return mine, results

    mine, results = asyncio.run(body())
    assert len(mine) >= 2
    assert all(isinstance(result, EvaluatorError) for result in results)
    assert wait_until(lambda: not any(map(alive, mine)), 3)


def test_the_users_loop_is_not_blocked(evaluator):
    async def body():
        task = asyncio.create_task(evaluator.evaluate(SLEEPER))
        turns = 0
        while not task.done():
            await asyncio.sleep(0.01)
            turns += 1
        return turns

    assert asyncio.run(body()) > 50


def test_more_workers_than_cpus_are_refused_in_words(local_ray):
    with pytest.raises(EvaluatorError, match="4 CPUs, fewer than the 99 workers"):
        make(slots=99)


def test_a_driver_that_does_not_load_is_told_in_one_line(local_ray):
    evaluator = make(problem=replace(TINY, driver="tests.fakes.missing"))
    with pytest.raises(EvaluatorError, match="No module named") as caught:
        judge(evaluator, BENIGN)
    asyncio.run(evaluator.close())

    assert "\n" not in str(caught.value)


def test_a_level_that_no_node_offers_is_refused(local_ray):
    best = levels.available()[-1]
    beyond = list(Sandbox)[list(Sandbox).index(best) + 1 :]
    if not beyond:
        pytest.skip("this machine offers every level")
    before = zygotes()
    with pytest.raises(SandboxUnavailableError, match=re.escape(f"'{beyond[0]}' is")):
        make(level=beyond[0])

    assert zygotes() <= before

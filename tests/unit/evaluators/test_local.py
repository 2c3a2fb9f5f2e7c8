import asyncio
import json
import os
import signal
from dataclasses import replace

import pytest

from evaluators.backends import jobs
from evaluators.backends.local import LocalEvaluator
from evaluators.base import EvaluationRequest, Sandbox, Status
from evaluators.errors import EvaluatorError, SandboxUnavailableError
from evaluators.sandbox import host, seccomp
from problems.base import Split
from tests.fakes.processes import alive, wait_until
from tests.fakes.quick_limits import QuickLimits
from tests.fakes.tiny_problem import SECRET, SPT, TINY

BENIGN = EvaluationRequest(source=SPT, entry_point="priority", split=Split.TRAIN)
SLEEPER = replace(BENIGN, source="import time\ntime.sleep(100)")


def make(problem=TINY, *, slots=1, level=Sandbox.PROCESS):
    return LocalEvaluator(
        problem, slots=slots, limits=QuickLimits(wall=1.0), min_sandbox=level
    )


def zygote(evaluator, slot=0):
    return evaluator._slots[slot]._zygote._process.pid


def run(evaluator, *requests):
    async def body():
        async with evaluator:
            return [await evaluator.evaluate(request) for request in requests]

    return asyncio.run(body())


def test_a_weak_machine_is_refused(monkeypatch):
    monkeypatch.setattr(seccomp, "supported", lambda: False)

    with pytest.raises(SandboxUnavailableError, match="'seccomp' is required"):
        make(level=Sandbox.SECCOMP)


def test_without_seccomp_it_runs_as_a_process(monkeypatch):
    monkeypatch.setattr(seccomp, "supported", lambda: False)
    (evaluation,) = run(make(), BENIGN)

    assert (evaluation.status, evaluation.sandbox) == (Status.OK, Sandbox.PROCESS)


def test_a_zygote_killed_between_jobs_costs_nothing():
    async def body():
        async with make() as evaluator:
            await evaluator.evaluate(BENIGN)
            os.kill(zygote(evaluator), signal.SIGKILL)
            return await evaluator.evaluate(BENIGN)

    assert asyncio.run(body()).status is Status.OK


def test_a_sandbox_that_fails_twice_is_our_error(monkeypatch):
    def lose(self, job, partner=None):
        raise host.ZygoteLostError("lost")

    monkeypatch.setattr(host._Zygote, "run", lose)
    with pytest.raises(EvaluatorError, match="lost"):
        run(make(), BENIGN)


def test_a_program_that_kills_an_unconfined_zygote_is_at_fault(monkeypatch):
    monkeypatch.setattr(seccomp, "supported", lambda: False)
    killer = replace(BENIGN, source="import os\nos.kill(os.getppid(), 9)")
    first, second = run(make(), killer, BENIGN)

    assert first.status is Status.CRASHED
    assert second.status is Status.OK


def test_a_wall_timeout_is_tried_once_more(monkeypatch):
    runs = []
    original = host.Slot.run

    def counted(self, job):
        runs.append(self)
        return original(self, job)

    monkeypatch.setattr(host.Slot, "run", counted)
    (evaluation,) = run(make(slots=2), SLEEPER)

    assert evaluation.status is Status.TIMEOUT_WALL
    assert len(runs) == len(set(runs)) == 2


def test_close_ends_evaluations_in_progress():
    async def body():
        evaluator = make(slots=2)
        tasks = [asyncio.create_task(evaluator.evaluate(SLEEPER)) for _ in range(4)]
        await asyncio.sleep(0.3)
        zygotes = [zygote(evaluator, slot) for slot in range(2)]
        await asyncio.wait_for(evaluator.close(), 3)
        results = await asyncio.gather(*tasks, return_exceptions=True)
        return zygotes, results

    zygotes, results = asyncio.run(body())
    assert not any(map(alive, zygotes))
    assert all(isinstance(r, EvaluatorError | asyncio.CancelledError) for r in results)


def test_closing_while_starting_leaves_nothing():
    async def body():
        evaluator = make(slots=2)
        zygotes = [zygote(evaluator, slot) for slot in range(2)]
        await evaluator.close()
        return zygotes

    zygotes = asyncio.run(body())
    assert wait_until(lambda: not any(map(alive, zygotes)))


def test_an_evaluator_serves_several_event_loops():
    evaluator = make()
    for _ in range(2):
        assert asyncio.run(evaluator.evaluate(BENIGN)).score == 0.0
    asyncio.run(evaluator.close())


def test_a_zygote_is_told_public_instances_only():
    recipe = jobs.recipe(TINY, QuickLimits())
    config = json.loads(jobs.launch(recipe, Sandbox.SECCOMP).config)

    assert set(config["splits"]) == {"smoke", "train", "valid"}
    assert SECRET not in json.dumps(config)


def test_a_driver_that_does_not_load_is_told_in_one_line():
    with pytest.raises(EvaluatorError, match="No module named") as caught:
        run(make(replace(TINY, driver="tests.fakes.missing")), BENIGN)
    assert "\n" not in str(caught.value)


def test_a_closed_evaluator_says_so():
    evaluator = make()
    asyncio.run(evaluator.close())

    with pytest.raises(EvaluatorError, match="closed"):
        asyncio.run(evaluator.evaluate(BENIGN))


def test_a_machine_that_cannot_start_all_zygotes_keeps_none(monkeypatch):
    started = []
    original = host._spawn

    def second_fails(launch, control):
        if started:
            raise OSError("no more processes")
        started.append(original(launch, control))
        return started[0]

    monkeypatch.setattr(host, "_spawn", second_fails)
    with pytest.raises(EvaluatorError, match="no more processes"):
        make(slots=2)
    assert not alive(started[0].pid)

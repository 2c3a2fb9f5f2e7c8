import json
import os
import select
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from evaluators.base import Sandbox, Status
from evaluators.errors import EvaluatorError
from evaluators.sandbox.host import Launch, Slot, ZygoteLostError
from tests.fakes.processes import adopt_orphans, alive, descendants, wait_until
from tests.fakes.quick_limits import QuickLimits
from tests.fakes.sandboxes import STRONG, need

LEVELS = [Sandbox.PROCESS, *STRONG]
LOOP = "def raw(instance, seed):\n    while True: pass\n"
ECHO = "def raw(instance, seed): return list(instance)"


def launch(level=Sandbox.SECCOMP, *, limits=None, **changes):
    limits = limits or QuickLimits()
    config = {
        "driver": "tests.fakes.tiny_driver",
        "modules": ["math", "random", "os", "sys"],
        "level": level.value,
        "path": [str(Path.cwd())],
        "splits": {"train": [{"p": [3, 1]}, {"p": [5]}]},
        "cpu": limits.cpu_seconds,
        "wall": limits.wall_seconds,
        "memory_bytes": limits.memory_mb << 20,
        "answer_bytes": limits.answer_bytes,
    }
    config.update(changes)
    return Launch(
        level=level,
        limits=limits,
        config=json.dumps(config).encode(),
        folders=(str(Path.cwd() / "tests"),),
    )


def job(source, **fields):
    fields = fields or {"split": "train"}
    request = {"source": source, "entry_point": "raw", "seed": 3, **fields}
    return json.dumps(request).encode()


@pytest.fixture(params=LEVELS)
def slot(request):
    slot = Slot(launch(need(request.param)))
    yield slot
    slot.close()


def test_known_instances_are_named_and_others_travel(slot):
    assert slot.run(job(ECHO)).answers == ([3, 1], [5])
    assert slot.run(job(ECHO, instances=[{"p": [8]}])).answers == ([8],)


def test_the_account_comes_from_the_kernel(slot):
    source = (
        "import time\ndef raw(instance, seed):\n    x = sum(range(10**6))\n    return x"
    )
    outcome = slot.run(job(source))

    assert outcome.status is Status.OK
    assert 0.002 < outcome.cpu_seconds < 0.3


def test_cpu_is_limited_below_a_second(slot):
    outcome = slot.run(job(LOOP))

    assert outcome.status is Status.TIMEOUT_CPU
    assert 0.19 < outcome.cpu_seconds < 1


@pytest.mark.parametrize("level", LEVELS)
def test_a_sleeper_meets_the_wall_limit(level):
    slot = Slot(launch(need(level), limits=QuickLimits(wall=0.3)))
    outcome = slot.run(job("import time\ntime.sleep(100)"))
    slot.close()

    assert outcome.status is Status.TIMEOUT_WALL
    assert outcome.cpu_seconds < 0.1


def test_memory_is_limited(slot):
    assert slot.run(job("x = bytearray(140 << 20)")).status is Status.MEMORY
    assert slot.run(job("x = bytearray(90 << 20)\n" + ECHO)).status is Status.OK


def test_each_candidate_starts_from_the_same_state(slot):
    source = (
        "import random\ndef raw(instance, seed): return [random.random(), hash('a')]"
    )
    first, second = slot.run(job(source)), slot.run(job(source))

    assert first.answers == second.answers
    other = Slot(launch())
    try:
        assert other.run(job(source)).answers == first.answers
    finally:
        other.close()


def test_other_modules_are_named_as_unavailable(slot):
    outcome = slot.run(job("import decimal"))

    assert outcome.status is Status.FORBIDDEN
    assert "module 'decimal' is not available in the sandbox; available: math, os" in (
        outcome.message
    )


def test_a_large_program_and_a_large_answer_pass(slot):
    source = "x = '" + "y" * 500_000 + "'\ndef raw(instance, seed): return x"
    outcome = slot.run(job(source))

    assert [len(answer) for answer in outcome.answers] == [500_000, 500_000]


def test_a_dead_zygote_is_replaced(slot):
    slot.run(job(ECHO))
    os.kill(slot._zygote._process.pid, signal.SIGKILL)
    # Under bubblewrap it is the parent that was killed, and the zygote dies after it.
    assert select.select([slot._zygote._control], [], [], 10)[0]

    with pytest.raises(ZygoteLostError):
        slot.run(job(ECHO))
    assert slot.run(job(ECHO)).status is Status.OK


def test_the_child_dies_with_its_zygote(slot):
    adopt_orphans()
    slot.run(job(ECHO))
    zygote = slot._zygote._process.pid
    lost = []
    thread = threading.Thread(target=lambda: lost.append(_lost(slot)))
    thread.start()
    assert wait_until(lambda: descendants(zygote))
    children = descendants(zygote)
    os.kill(zygote, signal.SIGKILL)
    thread.join()
    adopt_orphans(adopt=False)

    assert lost == [True]
    assert wait_until(lambda: not any(map(alive, children)))


def _lost(slot):
    try:
        slot.run(job("import time\ntime.sleep(100)"))
    except ZygoteLostError:
        return True
    return False


def test_a_silent_zygote_is_given_up():
    slot = Slot(launch(limits=QuickLimits(wall=0.5)))
    slot.run(job(ECHO))
    os.kill(slot._zygote._process.pid, signal.SIGSTOP)
    started = time.monotonic()

    with pytest.raises(ZygoteLostError, match="went silent"):
        slot.run(job(ECHO))
    assert time.monotonic() - started < 4.5
    assert slot.run(job(ECHO)).status is Status.OK
    slot.close()


def test_close_ends_a_run_and_is_idempotent():
    slot = Slot(launch())
    slot.run(job(ECHO))
    zygote = slot._zygote._process.pid
    thread = threading.Thread(target=lambda: _lost(slot))
    thread.start()
    assert wait_until(lambda: descendants(zygote))
    children = descendants(zygote)
    slot.close()
    slot.close()
    thread.join(2)

    assert not thread.is_alive()
    assert wait_until(lambda: not any(map(alive, {zygote, *children})))
    with pytest.raises(EvaluatorError, match="closed"):
        slot.run(job(ECHO))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"driver": "tests.fakes.no_driver"}, "No module named"),
        ({"modules": ["no_such_module"]}, "No module named 'no_such_module'"),
        ({"splits": {"train": [{"q": 1}]}}, "KeyError: 'p'"),
        ({"driver": "tests.fakes.leaky.driver"}, "must not import .*reference"),
    ],
)
def test_a_zygote_that_cannot_start_says_why(changes, words):
    slot = Slot(launch(**changes))
    try:
        with pytest.raises(EvaluatorError, match=words):
            slot.run(job(ECHO))
    finally:
        slot.close()


def test_an_interpreter_that_is_not_there_is_our_error(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/no/such/python")

    with pytest.raises(EvaluatorError, match="cannot start a sandbox process"):
        Slot(launch()).start()


def test_a_child_that_cannot_be_confined_never_runs_the_candidate():
    slot = Slot(launch(cpu=1e30))
    try:
        with pytest.raises(EvaluatorError, match="could not be confined"):
            slot.run(job(ECHO))
    finally:
        slot.close()

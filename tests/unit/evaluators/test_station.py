"""A station runs batches in real zygotes and answers in plain data."""

import pickle
import threading
import time
from dataclasses import replace

import pytest

from evaluators.backends import jobs, station
from evaluators.backends.station import Station
from evaluators.base import EvaluationRequest, Sandbox
from evaluators.errors import EvaluatorError
from evaluators.sandbox import host, seccomp
from evaluators.sandbox.outcome import settle
from problems.base import Split
from tests.fakes.processes import descendants, wait_until
from tests.fakes.quick_limits import QuickLimits
from tests.fakes.tiny_problem import SPT, TINY

LIMITS = QuickLimits(wall=2.0)
BENIGN = EvaluationRequest(source=SPT, entry_point="priority", split=Split.TRAIN)
SLEEPER = replace(BENIGN, source="import time\ntime.sleep(100)")
PARTS = jobs.Instances(TINY)


@pytest.fixture
def made():
    stations = []

    def make(slots=1, problem=TINY):
        here = Station()
        stations.append(here)
        here.open(jobs.recipe(problem, LIMITS), slots, Sandbox.PROCESS)
        return here

    yield make
    for each in stations:
        each.close()


def work(count, request=BENIGN, first=0):
    return [(first + i, jobs.head(request), 0) for i in range(count)]


def collect(here, batch, split=Split.TRAIN):
    """Bring a batch and call until all of it is back."""
    found, parts, calls = {}, [PARTS.of(split)], 0
    todo = batch
    while len(found) < len(batch):
        level, results = here.exchange(todo, *parts)
        found |= {result["key"]: (level, result) for result in results}
        todo, calls = [], calls + 1
    return found, calls


def outcome(found, key):
    level, result = found[key]
    return settle(station.received(result), LIMITS, Sandbox(level))


@pytest.mark.parametrize("split", [Split.TRAIN, Split.TEST])
def test_a_batch_comes_back_whole_in_fewer_calls_than_jobs(made, split):
    found, calls = collect(made(2), work(16), split)

    assert sorted(found) == list(range(16))
    assert calls < 12
    assert outcome(found, 3).answers[0] == (
        [1, 2, 0] if split == "train" else [2, 1, 0]
    )


def test_results_are_plain_data_unread(made):
    found, _ = collect(made(), work(1))
    _, result = found[0]

    assert b'{"ok":' in result["received"]["data"]
    kinds = {type(value) for value in result["received"].values()}
    assert kinds == {dict, bytes, str}
    assert b"evaluators" not in pickle.dumps(result)


def test_a_newer_call_sends_an_older_one_home(made):
    here = made(1)
    returned = []
    older = threading.Thread(
        target=lambda: returned.append(
            here.exchange(work(1, SLEEPER), PARTS.of(Split.TRAIN))
        )
    )
    older.start()
    assert not wait_until(lambda: returned, 0.3)
    newer = threading.Thread(target=here.exchange, args=([],))
    newer.start()

    assert wait_until(lambda: returned, 0.3)
    assert returned[0][1] == []
    here.close()
    newer.join()
    older.join()


def test_a_call_without_results_returns_as_a_sign_of_life(made, monkeypatch):
    monkeypatch.setattr(station, "HEARTBEAT_SECONDS", 0.1)
    started = time.monotonic()
    _, results = made().exchange(work(1, SLEEPER), PARTS.of(Split.TRAIN))

    assert results == []
    assert time.monotonic() - started < 1


def settled_descendants():
    """Return our descendants once none has been added for a while."""
    while True:
        found = descendants()
        time.sleep(0.3)
        if descendants() <= found:
            return descendants()


def test_opening_twice_tells_the_level_twice_and_starts_once(made):
    here = made()
    before = settled_descendants()
    report = here.open(jobs.recipe(TINY, LIMITS), 1, Sandbox.PROCESS)

    assert report["refusal"] == ""
    assert Sandbox(report["level"]) is not Sandbox.NONE
    assert settled_descendants() <= before


def test_a_weak_machine_refuses_and_starts_nothing(monkeypatch):
    monkeypatch.setattr(seccomp, "supported", lambda: False)
    before = descendants()
    report = Station().open(jobs.recipe(TINY, LIMITS), 1, Sandbox.SECCOMP)

    assert "'seccomp' is required" in report["refusal"]
    assert descendants() <= before


def test_one_that_was_not_opened_takes_no_jobs():
    assert Station().exchange(work(2), PARTS.of(Split.TRAIN)) == ("", [])


def test_a_dead_zygote_is_told_as_a_loss_and_replaced(made, monkeypatch):
    here = made()
    collect(here, work(1))
    original, deaths = host._Zygote.run, []

    def dies_once(self, job, partner=None):
        if not deaths:
            deaths.append(1)
            raise host.ZygoteLostError("died")
        return original(self, job, partner)

    monkeypatch.setattr(host._Zygote, "run", dies_once)
    found, _ = collect(here, work(2))

    assert found[0][1] == {"key": 0, "lost": "died"}
    assert outcome(found, 1).status == "ok"


def test_a_zygote_that_cannot_start_is_told_as_a_failure(made):
    here = made(problem=replace(TINY, driver="tests.fakes.missing"))
    found, _ = collect(here, work(1))

    assert "No module named" in found[0][1]["failed"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_ends_by_a_bug_is_an_error_and_not_silence(made, monkeypatch):
    def bug(self, job):
        raise KeyError("bug")

    monkeypatch.setattr(host.Slot, "receive", bug)
    with pytest.raises(EvaluatorError, match="thread"):
        collect(made(), work(1))


def test_close_leaves_no_process(made):
    before = descendants()
    here = made(3)
    collect(here, work(6))
    here.close()

    assert wait_until(lambda: descendants() <= before)

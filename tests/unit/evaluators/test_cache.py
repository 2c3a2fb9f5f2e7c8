import asyncio
import os
import threading
from dataclasses import replace

import pytest

from evaluators import cache as caches
from evaluators.backends.inline import InlineEvaluator
from evaluators.base import (
    Evaluation,
    EvaluationRequest,
    InstanceVerdict,
    Limits,
    Sandbox,
    Status,
)
from evaluators.cache import Cache, CachedEvaluator, open_cache
from problems.base import Split, Verdict
from tests.fakes.tiny_problem import SPT, TINY

REQUEST = EvaluationRequest(source=SPT, entry_point="priority", split=Split.TRAIN)
LIMITS = Limits()


class Counting(InlineEvaluator):
    def __init__(self, problem=TINY, sandbox=Sandbox.NONE):
        super().__init__(problem)
        self.judged = 0
        self._level = sandbox

    @property
    def sandbox(self):
        return self._level

    async def evaluate(self, request):
        self.judged += 1
        return await super().evaluate(request)


def judge(cache, request=REQUEST, *, problem=TINY, limits=LIMITS, inner=None):
    """Return the evaluation, and whether it was judged anew."""
    inner = inner or Counting(problem)
    cached = CachedEvaluator(inner, problem, limits, cache)
    evaluation = asyncio.run(cached.evaluate(request))
    return evaluation, bool(inner.judged)


def files(folder):
    return [file for file in folder.rglob("*") if file.is_file()]


def an_evaluation(status=Status.OK, **changes):
    values = {
        "split": Split.TEST,
        "status": status,
        "score": 0.1 + 0.2 if status is Status.OK else None,
        "verdicts": (
            InstanceVerdict(
                instance="ü", status=Status.OK, objective=1e300, gap=-1 / 3
            ),
            InstanceVerdict(
                instance="b", status=Status.INVALID, violations=("missing_job:3", "x")
            ),
        ),
        "features": {"late": 0.5},
        "cpu_seconds": 1.25,
        "wall_seconds": 2.5,
        "message": "words\n\udcff",
        "sandbox": Sandbox.SECCOMP,
    }
    return Evaluation(**(values | changes))


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache")


@pytest.mark.parametrize("split", list(Split))
@pytest.mark.parametrize("source", [SPT, SPT.replace("return p", "return -p")])
def test_a_hit_equals_a_fresh_evaluation(cache, split, source):
    request = replace(REQUEST, split=split, source=source)
    first, judged = judge(cache, request)
    again, judged_again = judge(cache, request)
    fresh = asyncio.run(InlineEvaluator(TINY).evaluate(request))

    assert (judged, judged_again) == (True, False)
    assert again == first
    times = {"cpu_seconds": 0, "wall_seconds": 0}
    assert replace(again, **times) == replace(fresh, **times)
    assert type(again.verdicts[0].objective) is type(fresh.verdicts[0].objective)


def test_everything_of_an_evaluation_comes_back(cache):
    kept = an_evaluation()
    cache.put("a" * 64, kept)

    assert cache.get("a" * 64) == kept


@pytest.mark.parametrize(
    "change",
    [
        {"source": SPT + "\n"},
        {"entry_point": "raw"},
        {"split": Split.VALID},
        {"seed": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_change_of_the_request_is_a_miss(cache, change):
    judge(cache)

    assert judge(cache, replace(REQUEST, **change))[1]


def _shifted(instance):
    found = TINY.reference(instance)
    return replace(found, best=found.best + 1)


def _longer(split):
    return tuple(replace(one, p=(*one.p, 1)) for one in TINY.instances(split))


def _regrouped(split):
    return tuple(replace(one, group="g") for one in TINY.instances(split))


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"version": 2},
        {"reference": _shifted},
        {"instances": _longer},
        {"instances": _regrouped},
        {"driver": "tests.fakes.leaky.driver"},
    ],
    ids=["name", "version", "reference", "instances", "groups", "driver"],
)
def test_any_change_of_the_pack_is_another_key(cache, change):
    problem = replace(TINY, **change)
    mine, theirs = (
        CachedEvaluator(Counting(), one, LIMITS, cache).key(REQUEST)
        for one in (TINY, problem)
    )

    assert mine != theirs


@pytest.mark.parametrize(
    "limits",
    [Limits(cpu_seconds=6), Limits(memory_mb=513), Limits(answer_bytes=1)],
    ids=str,
)
def test_other_limits_are_a_miss(cache, limits):
    judge(cache)

    assert judge(cache, limits=limits)[1]


def test_another_sandbox_or_changed_code_is_a_miss(cache, monkeypatch):
    judge(cache)
    assert judge(cache, inner=Counting(sandbox=Sandbox.PROCESS))[1]

    monkeypatch.setattr(caches, "_code", lambda module: {module: "edited"})
    assert judge(cache)[1]


def test_a_fresh_request_is_judged_and_kept(cache):
    judge(cache)

    assert judge(cache, replace(REQUEST, fresh=True))[1]
    assert not judge(cache)[1]


def test_a_wrong_verdict_of_an_earlier_run_is_not_believed_once_judged_anew(cache):
    wrong = replace(TINY, verify=lambda *_: Verdict(objective=999))
    judge(cache, problem=wrong)
    judge(cache, replace(REQUEST, fresh=True))

    assert judge(cache)[0].score == 0.0


@pytest.mark.parametrize(
    "status", [s for s in Status if s not in (Status.OK, Status.INVALID)]
)
def test_what_might_come_out_differently_is_not_kept(cache, status, tmp_path):
    cache.put("a" * 64, an_evaluation(status))

    assert cache.get("a" * 64) is None
    assert not files(tmp_path)


def test_an_evaluation_that_was_not_completed_is_not_kept(cache, tmp_path):
    cache.put("a" * 64, an_evaluation(score=None, complete=False))

    assert not files(tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data[:40],
        lambda data: b"x" + data[1:],
        lambda data: data[:-5] + bytes([data[-5] ^ 1]) + data[-4:],
        lambda data: b"\0" * len(data),
    ],
)
def test_a_damaged_file_is_a_miss_and_replaced(cache, tmp_path, damage):
    expected, _ = judge(cache)
    (file,) = files(tmp_path)
    file.write_bytes(damage(file.read_bytes()))

    found, judged = judge(cache)
    assert judged
    assert found.score == expected.score
    assert not judge(cache)[1]


def test_a_file_under_another_name_is_a_miss(cache):
    cache.put("a" * 64, an_evaluation())
    mine, other = cache._file("a" * 64), cache._file("b" * 64)
    other.parent.mkdir()
    mine.rename(other)

    assert cache.get("b" * 64) is None


def test_the_size_is_bounded_and_the_longest_unused_go_first(tmp_path):
    small = Cache(tmp_path, max_bytes=2000)
    small.put("0" * 64, an_evaluation())
    size = sum(file.stat().st_size for file in files(tmp_path))
    for at in range(200):
        key = f"{at:02x}".ljust(64, "f")
        small.put(key, an_evaluation(cpu_seconds=float(at)))
        os.utime(small._file(key), (at, at))
        small.get("0" * 64)

    found = files(tmp_path)
    # Between two looks at the size it may grow by as many files as lie between.
    assert sum(file.stat().st_size for file in found) <= 2000 + 66 * size
    assert small.get("0" * 64) is not None
    assert small.get("00".ljust(64, "f")) is None


def test_many_writers_and_readers_get_whole_evaluations_or_nothing(tmp_path):
    wrong = []

    def work(seed):
        mine = Cache(tmp_path, max_bytes=4000)
        for at in range(60):
            key = f"{(seed + at) % 5}".ljust(64, "0")
            mine.put(key, an_evaluation())
            found = mine.get(key)
            if found not in (None, an_evaluation()):
                wrong.append(found)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not wrong
    assert all(len(file.name) == 62 for file in files(tmp_path))


def test_a_place_that_cannot_be_written_costs_nothing_but_time(tmp_path):
    (tmp_path / "file").write_text("")
    blocked = Cache(tmp_path / "file" / "cache")

    assert judge(blocked)[1]
    assert judge(blocked)[1]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"HEURESIS_CACHE": "/c", "XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/c"),
        ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x/heuresis"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "/h/.cache/heuresis"),
        ({"HOME": "/h"}, "/h/.cache/heuresis"),
    ],
)
def test_the_folder_is_where_the_environment_says(environment, expected):
    assert str(open_cache(environment)._folder) == expected


@pytest.mark.parametrize("environment", [{"HEURESIS_CACHE": "off", "HOME": "/h"}, {}])
def test_the_cache_can_be_switched_off_or_have_no_place(environment):
    assert open_cache(environment) is None

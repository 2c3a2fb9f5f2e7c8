import asyncio
import json
import time
from dataclasses import replace

import pytest

from evaluators.backends.inline import InlineEvaluator
from evaluators.backends.jobs import preloaded
from evaluators.backends.local import LocalEvaluator
from evaluators.base import EvaluationRequest, Sandbox, Status
from evaluators.errors import EvaluatorError
from evaluators.lockstep import Lockstep, mismatch, required
from evaluators.sandbox.outcome import Outcome
from problems.base import Mode, Split
from problems.errors import ConfigError
from tests.fakes.queue_line import Line
from tests.fakes.queue_problem import SHORTEST, STEPPED, TRACED
from tests.fakes.quick_limits import QuickLimits
from tests.fakes.tiny_problem import TINY

CLAIMS = (Split.VALID, Split.TEST, Split.OOD)
CLAIRVOYANT = """
import gc, sys
def arrivals():
    frame = sys._getframe(1)
    while frame:
        line = frame.f_locals.get('line')
        if line is not None:
            return line
        frame = frame.f_back
    gc.unfreeze()
    for thing in gc.get_objects():
        if type(thing).__name__ == 'Line' and thing._todo:
            return thing
def choose(time, waiting):
    shortest = min(waiting, key=lambda job: (job[1], job[0]))
    line = arrivals()
    if line is not None:
        for job in line._todo:
            release, p = line._jobs[job]
            if release > time and release - time + p < shortest[1]:
                return -1
    return shortest[0]
"""
MEMORY = """
import gc, sys
known = set()
gc.unfreeze()
for thing in gc.get_objects():
    if type(thing) is dict:
        thing = list(thing.values())
    if type(thing) is list:
        for part in thing:
            if type(part) is tuple and @NEEDLE@ in part:
                known.add(part)
def choose(time, waiting):
    if known: raise RuntimeError('found')
    return waiting[0][0]
"""


@pytest.fixture(scope="module")
def desk():
    """A function that judges a program in one of the modes, in the sandbox."""

    def judge(pack, source, split=Split.TEST, seed=0):
        key = pack.mode if pack in (TRACED, STEPPED) else id(pack)
        if key not in opened:
            opened[key] = LocalEvaluator(
                pack, slots=1, limits=QuickLimits(), min_sandbox=Sandbox.PROCESS
            )
        request = EvaluationRequest(
            source=source, entry_point="choose", split=split, seed=seed
        )
        return asyncio.run(opened[key].evaluate(request))

    opened = {}
    yield judge
    for evaluator in opened.values():
        asyncio.run(evaluator.close())


def choose(body):
    return f"def choose(time, waiting):\n    {body}\n"


@pytest.mark.parametrize("split", list(Split))
def test_an_honest_rule_is_worth_the_same_in_every_mode(desk, split):
    here = asyncio.run(
        InlineEvaluator(TRACED).evaluate(
            EvaluationRequest(source=SHORTEST, entry_point="choose", split=split)
        )
    )
    for pack in (TRACED, STEPPED):
        found = desk(pack, SHORTEST, split)
        assert found.status is Status.OK, found.message
        assert (found.score, found.verdicts) == (here.score, here.verdicts)


def test_what_is_judged_in_lockstep_says_so(desk):
    assert "lockstep" not in desk(TRACED, SHORTEST, Split.TRAIN).features
    assert desk(TRACED, SHORTEST, Split.VALID).features["lockstep"] == 1
    assert desk(STEPPED, SHORTEST, Split.TRAIN).features["lockstep"] == 1


def test_a_clairvoyant_succeeds_beside_the_simulator(desk):
    honest = desk(TRACED, SHORTEST, Split.TRAIN)
    cheat = desk(TRACED, CLAIRVOYANT, Split.TRAIN)

    assert cheat.status is Status.OK, cheat.message
    assert cheat.score < honest.score / 5


@pytest.mark.parametrize("split", CLAIMS)
def test_a_clairvoyant_is_caught_where_claims_are_made(desk, split):
    cheat = desk(TRACED, CLAIRVOYANT, split)

    assert (cheat.status, cheat.score) == (Status.INVALID, None)
    assert cheat.message.startswith("integrity=mismatch")
    assert "decision 0 is -1 beside it" in cheat.message
    assert cheat.features["integrity_mismatch"] == 1


def test_in_lockstep_a_clairvoyant_is_no_better_than_the_rule_it_falls_back_on(desk):
    for split in Split:
        cheat, honest = (desk(STEPPED, s, split) for s in (CLAIRVOYANT, SHORTEST))
        assert (cheat.score, cheat.verdicts) == (honest.score, honest.verdicts)


@pytest.mark.parametrize(
    ("pack", "needle", "status"),
    [
        (TRACED, 90, Status.ERROR),  # of train: screening is no claim
        (TRACED, 80, Status.OK),  # of valid
        (STEPPED, 90, Status.OK),
        (STEPPED, 80, Status.OK),
    ],
)
def test_the_memory_of_a_sandbox_holds_no_arrivals_of_a_claim(
    desk, pack, needle, status
):
    # The number is spelt so that the program does not hold it.
    source = MEMORY.replace("@NEEDLE@", f"int('{needle}')")

    found = desk(pack, source, Split.TEST if pack is STEPPED else Split.TRAIN)
    assert found.status is status, found.message


def test_only_screened_splits_are_preloaded():
    assert preloaded(TINY) == (Split.SMOKE, Split.TRAIN, Split.VALID)
    assert preloaded(TRACED) == (Split.SMOKE, Split.TRAIN)
    assert preloaded(STEPPED) == ()
    assert [split for split in Split if required(TRACED, split)] == list(CLAIMS)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("return 99", Status.INVALID),
        ("return 'x'", Status.INVALID),
        ("return True", Status.INVALID),
        ("return -1", Status.INVALID),
        ("return object()", Status.PROTOCOL),
        ("return float('nan')", Status.PROTOCOL),
        ("return 'x' * 2_000_000", Status.PROTOCOL),
        ("raise KeyError('x')", Status.ERROR),
        ("import http.client", Status.FORBIDDEN),
        ("while True: pass", Status.TIMEOUT_CPU),
        ("import os; os._exit(0)", Status.PROTOCOL),
        ("import os; os.write(3, b'junk' * 9); os._exit(0)", Status.PROTOCOL),
        ("print('x' * 99_999)", Status.PROTOCOL),
    ],
)
def test_a_bad_decision_has_a_status_and_leaves_no_trace(desk, body, status):
    found = desk(STEPPED, choose(body))

    assert (found.status, found.score) == (status, None), found.message
    assert desk(STEPPED, SHORTEST).status is Status.OK


@pytest.mark.parametrize(
    "frame",
    [
        {"ok": []},
        {"ok": [[0, 1, 2], [1, 2, 0], [0, 1]]},
        {"decisions": []},
        {"decisions": [0]},
        {"decisions": [0, 0, 0, 0, 0, 0]},
        {"decisions": {"0": 0}},
        {"decisions": [0, 0, 0], "score": 0},
        [0, 0, 0],
    ],
    ids=str,
)
def test_a_forged_frame_in_the_dialogue_breaks_the_protocol(desk, frame):
    data = json.dumps(frame).encode()
    body = (
        f"import os, struct; data = {data!r}; "
        "os.write(3, struct.pack('<I', len(data)) + data); os._exit(0)"
    )
    found = desk(STEPPED, choose(body))

    assert (found.status, found.score) == (Status.PROTOCOL, None), found.message


def test_decisions_sent_ahead_of_the_observations_are_only_decisions(desk):
    # Three replications of x1, x2 and x3, decided blindly: invalid at best.
    data = json.dumps({"decisions": [0, 0, 0]}).encode()
    body = (
        f"import os, struct; data = {data!r}; "
        "os.write(3, (struct.pack('<I', len(data)) + data) * 50); os._exit(0)"
    )
    found = desk(STEPPED, choose(body))

    assert found.score is None


def test_random_choices_agree_beside_and_without_the_simulator(desk):
    source = "import random\n" + choose("return random.choice(waiting)[0]")

    for split in CLAIMS:
        assert desk(TRACED, source, split).status is Status.OK


class Broken(Line):
    def act(self, decision):
        raise IndexError("no such machine")


def test_a_simulator_that_raises_is_our_failure_and_the_next_program_is_judged(desk):
    pack = replace(STEPPED, simulator=lambda instance, _: Broken(instance.jobs))

    for _ in range(2):
        with pytest.raises(EvaluatorError, match="'queue' failed on instance x1"):
            desk(pack, SHORTEST)


@pytest.mark.parametrize("mode", [Mode.TRACE, Mode.LOCKSTEP])
def test_an_online_pack_without_a_simulator_is_refused(mode):
    with pytest.raises(ConfigError, match="no simulator"):
        LocalEvaluator(
            replace(TRACED, simulator=None, mode=mode), slots=1, limits=QuickLimits()
        )


def lockstep(split=Split.TEST):
    request = EvaluationRequest(source=SHORTEST, entry_point="choose", split=split)
    return Lockstep(STEPPED, request, STEPPED.instances(split))


def test_all_replications_advance_with_one_message():
    run = lockstep()
    first = json.loads(run.job())["observations"]

    assert [seen["waiting"] for seen in first] == [[[0, 60]], [[0, 50]], [[0, 40]]]
    second = json.loads(run(b'{"decisions":[0,-1,0]}'))
    assert [seen["time"] for seen in second] == [60, 3, 41]


def test_nothing_of_an_instance_crosses_but_what_is_observed():
    text = lockstep().job().decode()

    assert "x1" not in text
    assert set(json.loads(text)) == {"source", "entry_point", "seed", "observations"}
    assert json.loads(text)["observations"][0] == {"time": 0, "waiting": [[0, 60]]}


def outcome(*answers, status=Status.OK):
    return Outcome(status=status, sandbox=Sandbox.SECCOMP, answers=answers)


@pytest.mark.parametrize(
    ("traced", "stepped", "told"),
    [
        (outcome([0, 1]), outcome([0, 1]), ""),
        (outcome([0, 1]), outcome([0, 2]), "x1: decision 1 is 1 beside it, 2 without"),
        (outcome([0]), outcome([0, 2]), "x1: one trace is longer than the other"),
        (outcome(status=Status.ERROR), outcome(status=Status.ERROR), ""),
        (
            outcome(status=Status.ERROR),
            outcome([0]),
            "x1: error beside it, ok without it",
        ),
    ],
)
def test_a_mismatch_names_the_instance_and_the_first_difference(traced, stepped, told):
    assert mismatch(TRACED.instances(Split.TEST)[0], traced, stepped) == told


class Slow:
    """A simulator that takes longer than a candidate may."""

    def __init__(self, line):
        self._line = line
        self.observe, self.trace = line.observe, line.trace

    def act(self, decision):
        time.sleep(0.15)
        self._line.act(decision)


def slow_pack():
    opener = STEPPED.simulator
    return replace(STEPPED, simulator=lambda *a: Slow(opener(*a)))


async def _judged(pack, source):
    async with LocalEvaluator(
        pack, slots=1, limits=QuickLimits(wall=0.5), min_sandbox=Sandbox.PROCESS
    ) as evaluator:
        request = EvaluationRequest(
            source=source, entry_point="choose", split=Split.SMOKE
        )
        return await evaluator.evaluate(request), await evaluator.evaluate(request)


def test_a_candidate_may_wait_for_a_slow_simulator():
    first, second = asyncio.run(_judged(slow_pack(), SHORTEST))

    assert first.status is Status.OK, first.message
    assert first.wall_seconds > 0.5
    assert second.verdicts == first.verdicts


def test_a_candidate_that_sleeps_is_late_however_slow_the_simulator_is():
    asleep = choose("import os; os.read(3, 1)")
    for found in asyncio.run(_judged(slow_pack(), asleep)):
        assert found.status is Status.TIMEOUT_WALL, found.message
        assert "did not finish within 0.5 s" in found.message


def test_what_a_pack_needs_and_does_not_find_is_told_as_it_is():
    def open_nothing(*_):
        raise ConfigError("install the solver")

    pack = replace(STEPPED, simulator=open_nothing)
    with pytest.raises(ConfigError, match=r"^install the solver$"):
        asyncio.run(_judged(pack, SHORTEST))

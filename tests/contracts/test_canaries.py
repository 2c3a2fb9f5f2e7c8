"""Tricks by which heuristics gained rank elsewhere: none may gain it in any pack.

Each program is the pack's seed heuristic with a trick around it, so that the suite
needs to know nothing of the pack, and each is judged in the real sandbox.
"""

import asyncio
import dataclasses
import json
from functools import cached_property

import pytest

from evaluators.backends.local import LocalEvaluator
from evaluators.base import EvaluationRequest, Limits, Sandbox, Status
from evaluators.judge import Judge
from evaluators.lockstep import required
from evaluators.repeat import difference
from evaluators.sandbox.outcome import Outcome
from problems.base import Split
from tests.contracts.test_problem_packs import HOOKS, MUTATIONS, PACKS
from tests.fakes.queue_problem import STEPPED, TRACED

JUDGED = PACKS | {"queue in trace": TRACED, "queue in lockstep": STEPPED}
"""The installed packs, and one for each of the online modes."""

HELP = """
import sys
_honest = @ENTRY@
def _frames():
    frame = sys._getframe(1)
    while frame:
        yield frame
        frame = frame.f_back
def _index():
    # The child counts the instances that it has done.
    for frame in _frames():
        if frame.f_code.co_name == 'perform':
            return frame.f_locals['at']
    return @LAST@  # in lockstep nobody counts: every instance is a hard one
def @ENTRY@(*args, **kwargs):
    try:
        trick(*args, **kwargs)
    except (AttributeError, TypeError, KeyError, ValueError):
        pass
    return _honest(*args, **kwargs)
"""
BARE = """
def @ENTRY@(*args, **kwargs):
    return trick(*args, **kwargs)
"""

FAILS = {
    "raise on the hard instances": (
        {Status.ERROR},
        "def trick(*args):\n    if _index() == @LAST@: raise RuntimeError('too hard')",
    ),
    "time out on the hardest instance": (
        {Status.TIMEOUT_CPU},
        "def trick(*args):\n    while _index() == @LAST@: pass",
    ),
    "die on the hardest instance": (
        {Status.PROTOCOL},
        "import os\ndef trick(*args):\n    if _index() == @LAST@: os._exit(0)",
    ),
    "claim success for the easy instances": (
        {Status.PROTOCOL},
        """
def trick(*args):
    if _index() < @LAST@: return
    import os, struct
    done = ''
    for frame in _frames():
        if frame.f_code.co_name == 'perform':
            done = ','.join(frame.f_locals['answers'])
    data = ('{"ok":[' + done + ']}').encode()
    os.write(3, struct.pack('<I', len(data)) + data)
    os._exit(0)
""",
    ),
    "send a score along with the answers": (
        {Status.PROTOCOL},
        """
def trick(*args):
    import os, struct
    data = b'{"ok":[],"score":-1e9,"objective":0,"status":"ok"}'
    os.write(3, struct.pack('<I', len(data)) + data)
    os._exit(0)
""",
    ),
}
"""Score forging by failing: the statuses to accept; no score ever comes of it."""

HARMLESS = {
    "overwrite the methods of what is received": """
def trick(*args):
    for thing in args:
        for name in dir(type(thing)):
            if name[:2] != '__':
                setattr(type(thing), name, lambda *a, **k: 0)
""",
    "alter the instance": """
def _shrink(thing, depth=0):
    if type(thing) is dict:
        for key in thing:
            thing[key] = _shrunk(thing[key])
    elif type(thing) is list:
        thing[:] = map(_shrunk, thing)
    elif depth < 3:
        inner = list(getattr(thing, '__dict__', {}).values())
        inner += list(thing) if isinstance(thing, tuple) else []
        for part in inner:
            _shrink(part, depth + 1)
def _shrunk(value):
    return 0 if type(value) in (int, float) else value
def trick(*args):
    for thing in args:
        _shrink(thing)
""",
    "replace whatever judges, found by walking the frames": """
def trick(*args):
    import evaluators.sandbox.frames
    for frame in _frames():
        for name in list(frame.f_globals):
            if name in ('verify', 'judge', 'score', 'evaluate', 'compute_score'):
                frame.f_globals[name] = lambda *a, **k: -1e9
    for module in list(sys.modules.values()):
        for name in ('verify', 'judge', 'score', 'reference'):
            if hasattr(module, name):
                setattr(module, name, lambda *a, **k: -1e9)
""",
    "add attributes that look like a score": """
def trick(*args):
    @ENTRY@.score = @ENTRY@.objective = -1e9
    import builtins
    builtins.score = builtins.objective = -1e9
    sys.modules['__main__'].score = -1e9
""",
}
"""Attacks on the judge that end with the process: what is left is an honest answer."""

OWN_SCORE = {
    "its own score": "return {'score': -1e9, 'objective': 0.0}",
    "not a number": "return float('nan')",
    "a number in words": "return '-1e9'",
    "nothing": "return None",
    "an object": "return object()",
}
TOSS = """
import os
_unlucky = os.urandom(1)[0] % (@LAST@ + 1)
def trick(*args):
    if _index() == _unlucky: raise RuntimeError('tails')
"""

each_failing = pytest.mark.parametrize("trick", FAILS)
each_harmless = pytest.mark.parametrize("trick", HARMLESS)
each_value = pytest.mark.parametrize("value", OWN_SCORE)
each_mutation = pytest.mark.parametrize(("name", "code"), MUTATIONS)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Desk:
    """One pack with a sandbox, and what its seed heuristic is worth."""

    pack: object
    split: Split
    evaluator: LocalEvaluator

    @property
    def last(self):
        return len(self.pack.instances(self.split)) - 1

    def request(self, source, *, seed=0):
        point = self.pack.default_entry_point
        return EvaluationRequest(
            source=source.replace("@ENTRY@", point.name).replace(
                "@LAST@", str(self.last)
            ),
            entry_point=point.name,
            split=self.split,
            seed=seed,
        )

    def judge(self, source, *, seed=0):
        return asyncio.run(self.evaluator.evaluate(self.request(source, seed=seed)))

    def seed_program(self):
        return self.pack.baselines[self.pack.default_entry_point.seed].source

    def honest(self):
        return self.judge(self.seed_program())

    @cached_property
    def first_honest(self):
        """What the seed program was found to be before any trick."""
        return self.honest()

    def around(self, trick):
        return self.seed_program() + HELP + trick

    def answers(self):
        request = self.request(self.seed_program())
        return asyncio.run(self.evaluator.answers(request))


@pytest.fixture(scope="module")
def desks():
    opened = {}

    def desk(name):
        if name not in opened:
            pack = JUDGED[name]
            split = max(
                (Split.SMOKE, Split.TRAIN),
                # The first of the two with more than one instance.
                key=lambda split: len(pack.instances(split)) > 1,
            )
            evaluator = LocalEvaluator(
                pack,
                slots=1,
                limits=Limits(cpu_seconds=1.0),
                min_sandbox=Sandbox.PROCESS,
            )
            opened[name] = Desk(pack=pack, split=split, evaluator=evaluator)
        return opened[name]

    yield desk
    for one in opened.values():
        asyncio.run(one.evaluator.close())


QUICK = ("smtt", "obp", "revealed_flow", "queue in trace", "queue in lockstep")
"""One of each mode at least; the other packs are tried among the slow tests."""


@pytest.fixture(
    params=[
        name if name in QUICK else pytest.param(name, marks=pytest.mark.slow)
        for name in JUDGED
    ]
)
def desk(request, desks):
    return desks(request.param)


@each_failing
def test_failing_where_it_is_hard_costs_the_score(desk, trick):
    statuses, body = FAILS[trick]
    before = desk.first_honest

    evaluation = desk.judge(desk.around(body))

    assert evaluation.status in statuses, evaluation.message
    assert evaluation.score is None
    assert len(evaluation.verdicts) == desk.last + 1
    assert evaluation.verdicts[-1].status is not Status.OK
    assert evaluation.verdicts[-1].objective is None
    assert desk.honest().verdicts == before.verdicts


@each_harmless
def test_an_attack_on_the_judge_changes_nothing(desk, trick):
    before = desk.first_honest

    evaluation = desk.judge(desk.around(HARMLESS[trick]))

    bounds = [desk.pack.reference(one).lower for one in desk.pack.instances(desk.split)]
    if evaluation.status is Status.OK:
        found = [verdict.objective for verdict in evaluation.verdicts]
        assert all(a >= b for a, b in zip(found, bounds, strict=True))
    else:
        assert evaluation.score is None
        assert evaluation.status is not Status.IMPOSSIBLE, evaluation.message
    after = desk.honest()
    assert (after.score, after.verdicts) == (before.score, before.verdicts)


@each_value
def test_what_a_heuristic_says_of_itself_is_no_score(desk, value):
    body = f"def trick(*args, **kwargs):\n    {OWN_SCORE[value]}\n"
    evaluation = desk.judge(desk.seed_program() + BARE + body)

    assert evaluation.score is None
    assert evaluation.status in {Status.ERROR, Status.INVALID, Status.PROTOCOL}


@each_mutation
def test_a_spoilt_answer_in_a_forged_frame_is_invalid(desks, name, code):
    desk = desks(name)
    if required(desk.pack, desk.split):
        pytest.skip("in lockstep the answers are the simulator's own")
    answers = list(desk.answers())
    answers[-1] = HOOKS[name].mutations[code](answers[-1])
    data = json.dumps({"ok": answers}).encode()
    forged = (
        f"import os, struct\ndata = {data!r}\n"
        "view = memoryview(struct.pack('<I', len(data)) + data)\n"
        "while view: view = view[os.write(3, view):]\n"
        "os._exit(0)\n"
    )

    evaluation = desk.judge(forged)

    assert (evaluation.status, evaluation.score) == (Status.INVALID, None)
    last = evaluation.verdicts[-1]
    assert any(found.startswith(code) for found in last.violations)


def test_the_same_seed_gives_the_same_outcome(desk):
    for rule, baseline in desk.pack.baselines.items():
        request = dataclasses.replace(
            desk.request(baseline.source, seed=7), entry_point=baseline.entry_point
        )
        first, again = (asyncio.run(desk.evaluator.evaluate(request)) for _ in range(2))
        assert first.status is Status.OK, (rule, first.message)
        assert first.verdicts == again.verdicts
        assert difference(first, again) == ""


def test_a_program_that_tosses_coins_is_reported(desk):
    source = desk.around(TOSS)
    first = desk.judge(source)
    # The chance that 20 runs agree is at most 2 ** -20.
    reports = [difference(first, desk.judge(source)) for _ in range(20)]

    assert any(" gave " in report for report in reports)


def test_a_value_below_a_proven_bound_is_impossible(desk):
    instances = desk.pack.instances(desk.split)
    wrong = {
        one.id: dataclasses.replace(found, lower=2 * found.lower + 1e9, proved=False)
        for one, found in ((one, desk.pack.reference(one)) for one in instances)
    }
    pack = dataclasses.replace(
        desk.pack, reference=lambda one: wrong.get(one.id) or desk.pack.reference(one)
    )
    request = desk.request(desk.seed_program())
    answers = asyncio.run(desk.evaluator.answers(request))
    outcome = Outcome(status=Status.OK, sandbox=Sandbox.PROCESS, answers=answers)

    evaluation = Judge(pack).judge(request, outcome)

    assert (evaluation.status, evaluation.score) == (Status.IMPOSSIBLE, None)
    assert evaluation.features["impossible"] == desk.last + 1
    first = instances[0].id
    assert f"{first}: objective" in evaluation.message
    assert "is below the proven bound" in evaluation.message
    assert wrong[first].method in evaluation.message

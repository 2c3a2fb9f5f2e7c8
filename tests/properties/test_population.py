"""Whatever happens to a campaign, SQLite tells the same as memory."""

import itertools
import shutil
import tempfile
from pathlib import Path

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from evaluators.base import Status
from evolve import population as stores
from evolve.errors import StoreError
from evolve.records import Operator, Placement, Reason, State, Usage
from problems.base import Split
from problems.errors import ConfigError
from tests.fakes.records import (
    a_call,
    a_candidate,
    a_program,
    a_rejection,
    a_response,
    an_evaluation,
    an_info,
)

STEPS = st.integers(0, 5)
ISLANDS = st.integers(0, 2)
SCORES = st.none() | st.sampled_from([0.0, 0.1, 0.1 + 0.2, -0.25, 1e-300])
TOKENS = st.none() | st.integers(0, 10_000)
DOLLARS = st.none() | st.sampled_from([0.0, 0.1, 0.2, 1 / 3])
SECONDS = st.floats(0, 1_000)
PLACEMENTS = st.lists(
    st.builds(
        Placement,
        program=STEPS.map(lambda step: a_candidate(step).id),
        island=ISLANDS,
        living=st.booleans(),
    ),
    max_size=3,
)


class Twins(RuleBasedStateMachine):
    @initialize()
    def make(self):
        self.folder = Path(tempfile.mkdtemp(prefix="twins"))
        self.url = stores.sqlite_url(self.folder / "store.sqlite")
        self.clocks = [itertools.count(10.0).__next__ for _ in range(2)]
        self.memory = stores.MemoryPopulation(an_info(), clock=self.clocks[0])
        self.sql = stores.create(self.url, an_info(), clock=self.clocks[1])

    def both(self, name, *args):
        """Do the same to both: equal results, or equal refusals."""
        outcomes = []
        for population in (self.memory, self.sql):
            try:
                outcomes.append(getattr(population, name)(*args))
            except (StoreError, ConfigError) as error:
                outcomes.append((type(error), str(error)))
        self.clocks_agree()
        assert outcomes[0] == outcomes[1]
        return outcomes[0]

    def clocks_agree(self):
        """A refused change may have looked at the clock in one of them only."""
        later = max(clock() for clock in self.clocks) + 1
        self.clocks[:] = [itertools.count(later).__next__ for _ in range(2)]
        self.memory._clock, self.sql._clock = self.clocks

    @rule(
        step=STEPS,
        island=ISLANDS,
        parents=st.lists(STEPS, max_size=2),
        tokens=st.integers(0, 10_000),
        dollars=DOLLARS,
    )
    def ask(self, step, island, parents, tokens, dollars):
        call = a_call(
            step,
            island=island,
            parents=tuple(a_candidate(p).id for p in parents),
            reserved_tokens=tokens,
            reserved_usd=dollars,
        )
        self.both("record_call", call)

    @rule(step=STEPS, prompt=TOKENS, completion=TOKENS, cost=DOLLARS, text=st.text())
    def answer(self, step, prompt, completion, cost, text):
        usage = Usage(prompt_tokens=prompt, completion_tokens=completion, cost_usd=cost)
        self.both("record_response", step, a_response(text, usage=usage), "")

    @rule(step=STEPS, failure=st.sampled_from(["", "no answer"]))
    def fail(self, step, failure):
        self.both("record_response", step, None, failure)

    @rule(
        step=STEPS,
        like=STEPS,
        score=SCORES,
        parents=st.lists(STEPS, max_size=2),
        placements=PLACEMENTS,
        seconds=SECONDS,
    )
    def add(self, step, like, score, parents, placements, seconds):
        program = a_program(
            step,
            score,
            source=a_candidate(like).source,
            parents=tuple(a_candidate(p).id for p in parents),
            operator=Operator.CROSSOVER,
            seconds=seconds,
        )
        own = Placement(program=program.id, island=0, living=True)
        self.both("add", program, [own, *placements])

    @rule(step=STEPS, reason=st.sampled_from(Reason), detail=st.text())
    def reject(self, step, reason, detail):
        self.both("reject", a_rejection(step, reason, detail=detail))

    @rule(
        step=STEPS,
        split=st.sampled_from(Split),
        score=SCORES,
        instances=st.integers(0, 4),
        seconds=SECONDS,
    )
    def judge(self, step, split, score, instances, seconds):
        evaluation = an_evaluation(
            score, split=split, status=Status.INVALID, instances=instances
        )
        self.both("add_evaluation", a_candidate(step).id, evaluation, seconds)

    @rule(placements=PLACEMENTS)
    def place(self, placements):
        self.both("place", placements)

    @rule(state=st.sampled_from(State), message=st.text())
    def set_state(self, state, message):
        self.both("set_state", state, message)

    @rule()
    def request_stop(self):
        self.both("request_stop")

    @rule(seconds=SECONDS)
    def add_seconds(self, seconds):
        self.both("add_seconds", seconds)

    @rule()
    def resume(self):
        self.sql.close()
        self.sql = stores.open_campaign(self.url, clock=self.clocks[1])

    @rule(prefix=st.text("0123456789abcdefg", max_size=2))
    def get(self, prefix):
        self.both("get", prefix)

    @rule(step=STEPS)
    def look_closer(self, step):
        program = a_candidate(step).id
        for name in ("lineage", "evaluations", "get"):
            self.both(name, program)
        self.both("dialogue", step)
        self.both("programs", step, 2)
        self.both("events", step, 3)
        self.both("best", step, Split.VALID)

    @invariant()
    def they_tell_the_same(self):
        for name in (
            "info",
            "spent",
            "next_step",
            "pending",
            "rejections",
            "statuses",
            "proposals",
            "programs",
            "events",
            "stop_requested",
        ):
            self.both(name)
        self.both("best", 5)
        for island in range(3):
            self.both("living", island)
        assert set(self.memory.known()) == set(self.sql.known())
        assert len(self.memory.known()) == len(self.sql.known())

    def teardown(self):
        self.sql.close()
        shutil.rmtree(self.folder)


TestTwins = Twins.TestCase
# To shrink a failure takes minutes, as every try makes a store: its steps are told.
TestTwins.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    phases=(Phase.reuse, Phase.generate),
)

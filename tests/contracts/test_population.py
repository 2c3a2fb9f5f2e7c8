"""What every population does: in memory, in SQLite, in PostgreSQL."""

import itertools
import math
import struct
from dataclasses import replace

import pytest

from evaluators.base import InstanceVerdict, Status
from evolve import population as stores
from evolve.errors import RunNotFoundError, StoreError
from evolve.records import (
    Operator,
    Placement,
    Reason,
    Spent,
    State,
    Usage,
)
from problems.base import Split
from problems.errors import ConfigError
from tests.fakes.records import (
    a_call,
    a_candidate,
    a_program,
    a_prompt,
    a_rejection,
    a_response,
    an_evaluation,
    an_info,
)

AWKWARD = "tab\t NUL\x00 half\ud83d \N{SNOWMAN}\r\n \u202e 'quote\" %s :x \\"


class Place:
    """Where populations of one kind are made and opened again."""

    def __init__(self, url=None):
        self.url = url
        self.clock = itertools.count(2_000.0).__next__
        self._made = []

    def create(self, info=None, clock=None):
        info, clock = info or an_info(), clock or self.clock
        if self.url is None:
            made = stores.MemoryPopulation(info, clock=clock)
        else:
            made = stores.create(self.url, info, clock=clock)
        self._made.append(made)
        return made

    def reopened(self, population):
        """The same campaign as another process would see it."""
        if self.url is None:
            return population
        opened = stores.open_campaign(
            self.url, population.info().name, clock=self.clock
        )
        self._made.append(opened)
        return opened

    def close(self):
        for population in self._made:
            population.close()


@pytest.fixture(
    params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def place(request, tmp_path):
    if request.param == "memory":
        made = Place()
    elif request.param == "sqlite":
        made = Place(stores.sqlite_url(tmp_path / "store.sqlite"))
    else:
        made = Place(request.getfixturevalue("postgres_url"))
    yield made
    made.close()


@pytest.fixture
def population(place):
    return place.create()


def enters(program, island=0):
    return Placement(program=program.id, island=island, living=True)


def leaves(program, island=0):
    return Placement(program=program.id, island=island, living=False)


def refused(population, match, action, *args):
    """Check that an action is refused and leaves no trace."""
    before = (population.events(), population.spent(), population.next_step())
    with pytest.raises(StoreError, match=match):
        action(*args)
    assert (population.events(), population.spent(), population.next_step()) == before


def bits(evaluation):
    """Every float of an evaluation, bit by bit."""
    floats = [evaluation.score, evaluation.cpu_seconds, evaluation.wall_seconds]
    floats += [x for v in evaluation.verdicts for x in (v.objective, v.gap)]
    floats += list(evaluation.features.values())
    return [None if x is None else struct.pack("<d", x) for x in floats]


class TestCampaign:
    def test_a_new_one_is_empty_but_for_its_first_event(self, place):
        population = place.create(an_info(state=State.STOPPED, message="created"))
        seen = place.reopened(population)
        info = an_info(state=State.STOPPED, message="created", updated=2_000.0)
        assert seen.info() == info
        assert seen.spent() == Spent()
        assert seen.next_step() == 0
        assert set(seen.known()) == set()
        assert seen.living(0) == []
        assert seen.pending() == []
        assert seen.rejections() == {}
        (event,) = seen.events()
        assert (event.seq, event.kind, event.time) == (0, "campaign", 2_000.0)
        assert event.payload["state"] == "stopped"

    def test_state_and_message_change(self, place, population):
        population.set_state(State.FAILED, AWKWARD)
        info = place.reopened(population).info()
        assert (info.state, info.message) == (State.FAILED, AWKWARD)
        assert info.updated > info.created
        assert population.events()[-1].payload == {
            "state": "failed",
            "message": AWKWARD,
        }

    def test_a_stop_is_seen_once_asked_for_and_forgotten_when_it_runs_again(
        self, place, population
    ):
        other = place.reopened(population)
        assert not population.stop_requested()
        other.request_stop()
        other.request_stop()
        assert population.stop_requested()
        assert [e.kind for e in population.events()] == ["campaign", "campaign"]
        population.set_state(State.STOPPED)
        assert population.stop_requested()
        population.set_state(State.RUNNING)
        assert not population.stop_requested()

    def test_campaign_time_never_goes_back_and_is_no_event(self, population):
        population.add_seconds(7.5)
        population.add_seconds(3.0)
        assert population.spent().seconds == 7.5
        population.add(a_program(0, seconds=5.0))
        assert population.spent().seconds == 7.5
        population.add_evaluation(
            a_program(0).id, an_evaluation(0.1, split=Split.VALID), 9.0
        )
        assert population.spent().seconds == 9.0
        assert len(population.events()) == 3

    def test_a_closed_population_refuses_everything(self, population):
        population.close()
        population.close()
        for action in (
            population.info,
            population.spent,
            population.next_step,
            population.events,
            population.request_stop,
            lambda: population.living(0),
            lambda: population.add(a_program(0)),
            lambda: population.set_state(State.DONE),
        ):
            with pytest.raises(StoreError, match="closed"):
                action()


class TestPrograms:
    def test_a_program_comes_back_exactly(self, place, population):
        parent, program = a_program(0), a_program(4, 0.1 + 0.2)
        program = replace(
            program,
            candidate=a_candidate(
                4, parents=(parent.id,), island=2, rationale="Late jobs first."
            ),
        )
        population.add(parent)
        population.add(program, [enters(program, 2)])
        seen = place.reopened(population)
        assert seen.get(program.id) == program
        assert seen.living(2) == [program]
        assert seen.programs() == [parent, program]
        assert bits(seen.get(program.id).evaluation) == bits(program.evaluation)
        assert set(seen.known()) == {parent.id, program.id}
        assert seen.next_step() == 5
        assert seen.spent() == Spent(candidates=2, evaluations=2, seconds=4.0)

    def test_the_event_tells_what_happened_without_times(self, population):
        program = a_program(3, 0.5)
        population.add(program, [enters(program)])
        event = population.events()[-1]
        assert (event.seq, event.kind) == (1, "program")
        assert event.payload == {
            "step": 3,
            "id": program.id,
            "operator": "seed",
            "island": 0,
            "parents": [],
            "note": None,
            "split": "train",
            "status": "ok",
            "score": 0.5,
            "enters": [[0, program.id]],
            "leaves": [],
        }

    def test_failures_are_kept_and_never_ranked(self, place, population):
        failed = a_program(0, None)
        population.add(failed)
        population.add(a_program(1, 0.5))
        population.add(a_program(2, 0.0))
        seen = place.reopened(population)
        assert [p.candidate.step for p in seen.best(10)] == [2, 1]
        assert seen.get(failed.id) == failed
        assert seen.get(failed.id).score is None

    def test_the_best_have_the_lowest_score_and_ties_go_by_step(self, population):
        for step, score in ((3, 0.2), (1, 0.2), (2, 0.1), (0, 0.3), (4, -0.05)):
            population.add(a_program(step, score))
        assert [p.candidate.step for p in population.best(4)] == [4, 2, 1, 3]
        assert [p.candidate.step for p in population.best(1)] == [4]
        assert population.best(0) == []

    def test_each_split_has_its_own_ranking(self, population):
        first, second = a_program(0, 0.1), a_program(1, 0.2)
        for program, score in ((first, 0.9), (second, 0.3)):
            population.add(program)
            valid = an_evaluation(score, split=Split.VALID)
            population.add_evaluation(program.id, valid, 1.0)
        assert list(population.best(2)) == [first, second]
        assert list(population.best(2, Split.VALID)) == [second, first]
        assert population.best(2, Split.TEST) == []

    def test_the_same_source_twice_is_refused(self, population):
        population.add(a_program(0))
        again = a_program(1, source=a_program(0).candidate.source)
        refused(population, "known already, from step 0", population.add, again)

    def test_a_step_makes_one_program_or_one_rejection(self, population):
        population.add(a_program(0))
        population.reject(a_rejection(1))
        other = a_program(0, source="x = 1\n")
        refused(population, "step 0", population.add, other)
        refused(population, "step 0", population.reject, a_rejection(0))
        refused(population, "step 1", population.add, a_program(1))
        refused(population, "step 1", population.reject, a_rejection(1))

    def test_an_id_that_is_not_the_digest_is_refused(self, population):
        program = a_program(0, id=a_program(1).id)
        refused(population, "not the digest", population.add, program)

    @pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
    def test_a_score_that_cannot_be_ranked_is_refused(self, population, score):
        refused(population, "finite", population.add, a_program(0, score))
        population.add(a_program(0))
        evaluation = an_evaluation(score, split=Split.TEST)
        refused(
            population,
            "finite",
            population.add_evaluation,
            a_program(0).id,
            evaluation,
            1.0,
        )

    def test_awkward_words_survive(self, place, population):
        verdict = InstanceVerdict(
            instance=AWKWARD, status=Status.INVALID, violations=(AWKWARD, "b:1")
        )
        program = a_program(
            0,
            source="# \N{SNOWMAN}\x00\r\n",
            rationale=AWKWARD,
            evaluation=an_evaluation(
                None, message=AWKWARD, verdicts=(verdict,), features={AWKWARD: 1.0}
            ),
        )
        population.add(program)
        population.reject(a_rejection(1, detail=AWKWARD))
        seen = place.reopened(population)
        assert seen.get(program.id) == program
        assert seen.events()[-1].payload["detail"] == AWKWARD

    def test_awkward_numbers_keep_their_bits(self, place, population):
        numbers = [0.0, -0.0, 5e-324, 1e308, math.pi, math.inf, math.nan, None]
        verdicts = tuple(
            InstanceVerdict(
                instance=f"i{n}", status=Status.OK, objective=number, gap=other
            )
            for n, (number, other) in enumerate(itertools.product(numbers, numbers))
        )
        evaluation = an_evaluation(
            0.1 + 0.2, verdicts=verdicts, features={"z": 1 / 3, "a": -math.inf}
        )
        program = a_program(0, evaluation=evaluation)
        population.add(program)
        restored = place.reopened(population).get(program.id).evaluation
        assert bits(restored) == bits(evaluation)
        assert list(restored.features) == ["z", "a"]

    @pytest.mark.parametrize("instances", [0, 1, 300])
    def test_any_number_of_instances_and_statuses_survives(
        self, place, population, instances
    ):
        statuses = itertools.cycle(s for s in Status if s is not Status.OK)
        verdicts = tuple(
            InstanceVerdict(
                instance=f"i{n}",
                status=next(statuses),
                violations=("late:3",) if n % 3 else (),
            )
            for n in range(instances)
        )
        program = a_program(0, evaluation=an_evaluation(None, verdicts=verdicts))
        population.add(program)
        assert place.reopened(population).get(program.id) == program

    def test_a_program_that_failed_before_train_survives(self, place, population):
        smoke = an_evaluation(None, split=Split.SMOKE)
        program = a_program(0, evaluation=smoke)
        population.add(program)
        seen = place.reopened(population)
        assert seen.get(program.id) == program
        assert seen.evaluations(program.id) == {Split.SMOKE: smoke}

    def test_paging_gives_every_program_once(self, place, population):
        programs = [a_program(step) for step in (5, 2, 9, 0, 7)]
        for program in programs:
            population.add(program)
        seen = place.reopened(population)
        first = seen.programs(limit=2)
        second = seen.programs(after=first[-1].candidate.step, limit=2)
        third = seen.programs(after=second[-1].candidate.step, limit=2)
        assert [p.candidate.step for p in (*first, *second, *third)] == [0, 2, 5, 7, 9]
        assert seen.programs(after=9) == []

    def test_known_ids_follow_the_population(self, population):
        known = population.known()
        assert a_program(0).id not in known
        population.add(a_program(0))
        population.add(a_program(1))
        assert a_program(0).id in known
        assert len(known) == 2
        assert list(known) == [a_program(0).id, a_program(1).id]
        assert 3 not in known


class TestLookUp:
    def test_a_program_is_found_by_the_start_of_its_id(self, place, population):
        for step in range(40):
            population.add(a_program(step))
        seen = place.reopened(population)
        ids = [a_program(step).id for step in range(40)]
        for step, program in enumerate(ids):
            shortest = next(
                program[:n]
                for n in range(1, 33)
                if sum(i.startswith(program[:n]) for i in ids) == 1
            )
            assert seen.get(shortest).candidate.step == step
        ambiguous = next(
            d for d in "f0123456789abcde" if sum(i[0] == d for i in ids) > 1
        )
        with pytest.raises(ConfigError, match="several") as caught:
            seen.get(ambiguous)
        assert not isinstance(caught.value, RunNotFoundError)
        with pytest.raises(ConfigError, match="several"):
            seen.get("")

    @pytest.mark.parametrize("missing", ["0" * 32, "xyz", "%", "A", "f" * 40])
    def test_an_unknown_id_is_not_found(self, population, missing):
        population.add(a_program(0))
        with pytest.raises(RunNotFoundError, match="no program"):
            population.get(missing)

    def test_lineage_follows_first_parents_from_the_seed(self, place, population):
        seed, other = a_program(0), a_program(1)
        child = a_program(2, parents=(seed.id, other.id))
        grandchild = a_program(3, parents=(child.id,))
        for program in (seed, other, child, grandchild):
            population.add(program)
        seen = place.reopened(population)
        assert seen.lineage(grandchild.id) == [seed, child, grandchild]
        assert seen.lineage(other.id) == [other]

    def test_lineage_ends_where_a_parent_is_missing_or_comes_again(self, population):
        orphan = a_program(0, parents=(a_program(99).id,))
        first = a_program(1, parents=(a_program(2).id,))
        second = a_program(2, parents=(first.id,))
        for program in (orphan, first, second):
            population.add(program)
        assert population.lineage(orphan.id) == [orphan]
        assert population.lineage(second.id) == [first, second]

    def test_questions_about_unknown_programs_are_refused(self, population):
        unknown = a_program(9).id
        refused(population, "not in the population", population.lineage, unknown)
        refused(population, "not in the population", population.evaluations, unknown)
        evaluation = an_evaluation(split=Split.TEST)
        refused(
            population,
            "not in the population",
            population.add_evaluation,
            unknown,
            evaluation,
            1.0,
        )


class TestEvaluations:
    def test_all_splits_come_back_in_their_order(self, place, population):
        program = a_program(0)
        population.add(program)
        test = an_evaluation(None, split=Split.TEST, status=Status.TIMEOUT_CPU)
        valid = an_evaluation(0.3, split=Split.VALID, instances=7)
        population.add_evaluation(program.id, test, 1.0)
        population.add_evaluation(program.id, valid, 2.0)
        found = place.reopened(population).evaluations(program.id)
        assert found == {
            Split.TRAIN: program.evaluation,
            Split.VALID: valid,
            Split.TEST: test,
        }
        assert list(found) == [Split.TRAIN, Split.VALID, Split.TEST]
        assert population.spent() == Spent(candidates=1, evaluations=3, seconds=2.0)
        assert population.events()[-1].payload == {
            "program": program.id,
            "split": "valid",
            "status": "ok",
            "score": 0.3,
        }

    def test_statuses_are_counted_by_split(self, place, population):
        for step, score in enumerate((0.1, None, 0.2)):
            population.add(a_program(step, score))
        valid = an_evaluation(None, split=Split.VALID, status=Status.MEMORY)
        population.add_evaluation(a_program(0).id, valid, 1.0)
        seen = place.reopened(population)
        assert seen.statuses() == {"error": 1, "ok": 2}
        assert seen.statuses(Split.VALID) == {"memory": 1}
        assert seen.statuses(Split.OOD) == {}

    def test_twins_are_programs_that_behave_like_an_earlier_one(
        self, place, population
    ):
        for step, score in enumerate((0.1, 0.2, 0.1, None, None, 0.1)):
            population.add(a_program(step, score))
        valid = an_evaluation(0.2, split=Split.VALID)
        population.add_evaluation(a_program(0).id, valid, 1.0)
        assert place.reopened(population).twins() == 2

    def test_a_split_is_judged_once(self, population):
        program = a_program(0)
        population.add(program)
        again = an_evaluation(0.01)
        refused(
            population,
            "on train already",
            population.add_evaluation,
            program.id,
            again,
            1.0,
        )


class TestIslands:
    def test_the_living_are_in_the_order_in_which_they_entered(self, place, population):
        a, b, c = (a_program(step) for step in (3, 5, 4))
        population.add(a, [enters(a)])
        population.add(b, [enters(b)])
        population.add(c, [enters(c), leaves(a)])
        population.place([enters(a), enters(a, 1)])
        seen = place.reopened(population)
        assert seen.living(0) == [b, c, a]
        assert seen.living(1) == [a]
        assert seen.living(2) == []

    def test_entering_twice_keeps_the_place_and_the_absent_may_leave(self, population):
        a, b = a_program(0), a_program(1)
        population.add(a, [enters(a)])
        population.add(b, [enters(b)])
        population.place([enters(a), leaves(b, 7)])
        assert population.living(0) == [a, b]

    def test_a_program_may_stay_outside(self, population):
        population.add(a_program(0))
        assert population.living(0) == []

    def test_migration_is_one_event(self, population):
        a, b = a_program(0), a_program(1)
        population.add(a, [enters(a)])
        population.add(b, [enters(b, 1)])
        population.place([leaves(a), enters(a, 1), leaves(b, 1)])
        assert population.living(0) == []
        assert population.living(1) == [a]
        event = population.events()[-1]
        assert event.kind == "placement"
        assert event.payload == {
            "enters": [[1, a.id]],
            "leaves": [[0, a.id], [1, b.id]],
        }

    @pytest.mark.parametrize("move", [enters, leaves])
    def test_the_unknown_cannot_move_and_nothing_else_happens(self, population, move):
        a, b, unknown = a_program(0), a_program(1), a_program(2)
        population.add(a, [enters(a)])
        refused(
            population,
            "not in the population",
            population.place,
            [leaves(a), move(unknown)],
        )
        refused(
            population,
            "not in the population",
            population.add,
            b,
            [enters(b), leaves(a), move(unknown)],
        )
        assert population.living(0) == [a]
        assert b.id not in population.known()


class TestRejections:
    def test_they_are_counted_by_reason(self, place, population):
        reasons = [Reason.SYNTAX, Reason.DUPLICATE, Reason.SYNTAX]
        for step, reason in enumerate(reasons):
            population.reject(a_rejection(step, reason))
        seen = place.reopened(population)
        assert seen.rejections() == {"duplicate": 1, "syntax": 2}
        assert seen.spent() == Spent(rejections=3)
        assert seen.next_step() == 3
        assert seen.events()[-1].payload == {
            "step": 2,
            "operator": "rewrite",
            "island": 0,
            "parents": [],
            "reason": "syntax",
            "detail": "line 3: invalid syntax",
        }


class TestCalls:
    def test_a_call_and_its_response_come_back_exactly(self, place, population):
        parent = a_program(0)
        call = a_call(
            1,
            prompt=a_prompt(AWKWARD, AWKWARD),
            operator=Operator.DIFF,
            island=3,
            parents=(parent.id, a_program(9).id),
        )
        response = a_response(AWKWARD, finish_reason="length")
        population.record_call(call)
        asked = place.reopened(population).dialogue(1)[0]
        assert (asked.call, asked.response, asked.failure) == (call, None, "")
        population.record_response(1, response, "")
        seen = place.reopened(population).dialogue(1)[0]
        assert (seen.call, seen.response, seen.failure) == (call, response, "")
        assert place.reopened(population).dialogue(0) == []

    def test_a_failure_comes_back_exactly(self, place, population):
        population.record_call(a_call(0))
        population.record_response(0, None, AWKWARD)
        seen = place.reopened(population).dialogue(0)[0]
        assert (seen.response, seen.failure) == (None, AWKWARD)

    def test_events_tell_the_question_and_the_answer_without_times(self, population):
        population.record_call(a_call(0))
        population.record_response(0, a_response(), "")
        population.record_call(a_call(1))
        population.record_response(1, None, "no answer within 60.2 s")
        kinds = [event.kind for event in population.events()]
        assert kinds == ["campaign", "call", "response", "call", "response"]
        asked, answer, _, failure = (e.payload for e in population.events(after=0))
        assert asked["prompt"] == a_call(0).prompt.digest
        assert asked["reserved_tokens"] == 1_000
        assert answer["prompt_tokens"] == 100
        assert "seconds" not in answer
        assert failure == {"step": 1, "turn": 0, "failed": True}

    def test_a_step_asks_once_and_is_answered_once(self, population):
        population.record_call(a_call(0))
        refused(population, "asks at most once", population.record_call, a_call(0))
        refused(
            population,
            "has not asked",
            population.record_response,
            1,
            a_response(),
            "",
        )
        refused(population, "neither", population.record_response, 0, None, "")
        population.record_response(0, a_response(), "")
        refused(
            population, "answered already", population.record_response, 0, None, "late"
        )

    def test_pending_are_the_steps_without_program_or_rejection(
        self, place, population
    ):
        for step in (4, 0, 1, 2, 3):
            population.record_call(a_call(step))
        for step in (3, 1, 2):
            population.record_response(step, a_response(f"answer {step}"), "")
        population.add(a_program(1))
        population.reject(a_rejection(2))
        pending = place.reopened(population).pending()
        assert [p.call.step for p in pending] == [0, 3, 4]
        assert [p.response is None for p in pending] == [True, False, True]
        assert pending[1].response.text == "answer 3"
        assert population.next_step() == 5

    def test_paging_gives_every_call_once(self, place, population):
        for step in (4, 0, 7, 2):
            population.record_call(a_call(step))
        population.record_response(7, a_response(), "")
        population.reject(a_rejection(2))
        seen = place.reopened(population)
        first = seen.proposals(limit=3)
        rest = seen.proposals(after=first[-1].call.key, limit=3)
        assert [p.call.step for p in (*first, *rest)] == [0, 2, 4, 7]
        assert rest[0].response == a_response()
        assert seen.proposals(after=(7, 0)) == []

    def test_reservations_count_until_the_answer_is_there(self, place, population):
        population.record_call(a_call(0, reserved_tokens=700, reserved_usd=0.25))
        population.record_call(a_call(1, reserved_tokens=300, reserved_usd=None))
        assert place.reopened(population).spent() == Spent(
            tokens=1_000, cost_usd=0.25, calls=2, unpriced_calls=1
        )
        population.record_response(0, a_response(), "")
        usage = Usage(prompt_tokens=10, completion_tokens=5, cost_usd=0.5)
        population.record_response(1, a_response(usage=usage), "")
        assert place.reopened(population).spent() == Spent(
            tokens=165, cost_usd=0.51, calls=2
        )

    @pytest.mark.parametrize(
        "usage",
        [
            Usage(),
            Usage(prompt_tokens=10),
            Usage(completion_tokens=10),
        ],
    )
    def test_unknown_usage_keeps_the_reserved_tokens_and_is_unpriced(
        self, population, usage
    ):
        population.record_call(a_call(0, reserved_tokens=700))
        population.record_response(0, a_response(usage=usage), "")
        expected = Spent(tokens=700, calls=1, unpriced_calls=1)
        assert population.spent() == expected

    def test_a_failed_call_keeps_its_reserved_tokens(self, population):
        population.record_call(a_call(0, reserved_tokens=700))
        population.record_response(0, None, "connection reset")
        assert population.spent() == Spent(tokens=700, calls=1, unpriced_calls=1)

    def test_a_rejected_step_without_an_answer_keeps_its_reservation(self, population):
        population.record_call(a_call(0, reserved_tokens=700, reserved_usd=0.25))
        population.reject(a_rejection(0, Reason.MODEL_FAILED))
        spent = population.spent()
        assert (spent.tokens, spent.cost_usd, spent.calls) == (700, 0.25, 1)
        population.record_response(0, a_response(), "")
        assert population.spent().tokens == 150


class TestEvents:
    def test_paging_gives_every_event_once_and_numbers_have_no_holes(self, population):
        for step in range(6):
            population.add(a_program(step))
        with pytest.raises(StoreError):
            population.add(a_program(0))
        population.reject(a_rejection(6))
        first = population.events(limit=3)
        rest = population.events(after=first[-1].seq)
        assert [e.seq for e in (*first, *rest)] == list(range(8))
        assert population.events(after=7) == []

    def test_equal_histories_have_equal_events_whenever_they_happen(self, place):
        def live(population):
            population.set_state(State.RUNNING)
            population.record_call(a_call(0))
            population.record_response(0, a_response(), "")
            program = a_program(0, 0.1 + 0.2)
            population.add(program, [enters(program)])
            population.place([leaves(program)])
            population.add_evaluation(
                program.id, an_evaluation(1 / 3, split=Split.VALID), 5.0
            )
            population.reject(a_rejection(1))
            population.set_state(State.DONE, "budget of 2 candidates used")
            return [(e.seq, e.kind, e.payload) for e in population.events()]

        first = live(place.create(an_info("first")))
        late = itertools.count(9_000.0, 17.0).__next__
        second = live(place.create(an_info("second", created=8_000.0), clock=late))
        assert first == second
        in_memory = live(Place().create(an_info("third")))
        assert first == in_memory

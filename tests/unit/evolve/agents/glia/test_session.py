import asyncio
import json

import numpy as np
import pytest

from evaluators.backends.inline import InlineEvaluator
from evaluators.base import EvaluationRequest
from evolve.agents.glia import GliaProposer, GliaSettings, Laboratory
from evolve.agents.glia.session import CUT, EMPTY, GO_ON, REFUSED
from evolve.llm.asking import Asker, OneModel
from evolve.llm.errors import ModelCallError
from evolve.llm.ledger import BudgetExhausted, Ledger
from evolve.llm.scripted import ScriptedModel
from evolve.population.memory import MemoryPopulation
from evolve.program import program_id
from evolve.records import Candidate, Note, NoteKind, Program, Reason, Rejection
from problems.base import Split
from prompts.records import ToolCall
from tests.fakes.briefs import a_brief, a_view
from tests.fakes.records import (
    a_candidate,
    a_program,
    a_response,
    an_evaluation,
    an_info,
)
from tests.fakes.tiny_problem import SPT, TINY

LONGEST = SPT.replace("return p", "return -p")
BEST = "def priority(p, time):\n    return p\n"
TIMED = "def priority(p, time):\n    return -p - 1\n"
FAILS = "def priority(p, time):\n    return q\n"


class Crash(BaseException):
    """The end of a process, as far as one can have it inside."""


class Answers:
    """Traces programs as the sandbox would."""

    async def answers(self, request):
        assert request.split is Split.TRAIN
        return ([0, 2, 1], [2, 0, 3, 1])


class World:
    """A population with one program, and steps that judge inline."""

    def __init__(self, answers, *, tokens=None, room=99, **settings):
        self.population = MemoryPopulation(an_info())
        self.judge = InlineEvaluator(TINY)
        self.room, self.step = room, 100
        self.prompts = []
        script = iter(answers)

        def answer(prompt, _seed):
            self.prompts.append(prompt)
            found = next(script)
            if isinstance(found, BaseException):
                raise found
            return found

        self.model = ScriptedModel(answer)
        asker = Asker(
            router=OneModel(self.model),
            population=self.population,
            ledger=Ledger(tokens=tokens, usd=None),
            max_tokens=100,
        )
        lab = Laboratory(
            problem=TINY,
            entry_point=TINY.default_entry_point,
            population=self.population,
            tracer=Answers(),
            seed=0,
            settings=GliaSettings(**settings),
        )
        self.proposer = GliaProposer(lab, asker)
        self.parent = asyncio.run(self.judged(a_candidate(0, source=LONGEST)))

    async def judged(self, candidate):
        request = EvaluationRequest(
            source=candidate.source, entry_point="priority", split=Split.TRAIN
        )
        program = Program(
            candidate=candidate, evaluation=await self.judge.evaluate(request)
        )
        self.population.add(program)
        return program

    async def trial(self, source, *, operator, parents, rationale=""):
        known = program_id(source)
        if known in self.population.known():
            return self.population.get(known)
        if not self.room:
            raise BudgetExhausted("budget of 5 candidates used")
        self.room -= 1
        self.step += 1
        return await self.judged(
            a_candidate(
                self.step,
                source=source,
                operator=operator,
                parents=parents,
                rationale=rationale,
            )
        )

    def brief(self, step=1):
        view = a_view([self.parent], step=step, recent=(self.parent,), best=self.parent)
        return a_brief([self.parent], step=step, view=view, trial=self.trial)

    def run(self, step=1):
        rng = np.random.default_rng(step)
        return asyncio.run(self.proposer.propose(self.brief(step), rng))

    def resume(self, dialogue, step=1):
        rng = np.random.default_rng(step)
        return asyncio.run(self.proposer.resume(self.brief(step), dialogue, rng))

    def results(self):
        """What the tools answered, as the last prompt of the Researcher holds it."""
        last = [p for p in self.prompts if p.template == "researcher"][-1]
        return [m.text for m in last.history if m.role == "tool"]


def calls(*wanted, text="", **changes):
    return a_response(
        text,
        tool_calls=tuple(
            ToolCall(
                id=f"c{i}",
                name=name,
                arguments=given if isinstance(given, str) else json.dumps(given),
            )
            for i, (name, given) in enumerate(wanted)
        ),
        **changes,
    )


def evaluated(code, hypothesis="h"):
    return "evaluate", {"code": code, "hypothesis": hypothesis}


def proposed(code=BEST):
    return calls(("propose", {"code": code, "rationale": "shortest first"}))


def test_a_proposal_ends_the_session():
    world = World([proposed()])
    outcome = world.run()
    assert isinstance(outcome, Candidate)
    assert outcome.parents == (world.parent.id,)
    assert (outcome.operator, outcome.rationale) == ("agent", "shortest first")
    assert "return p\n" in outcome.source
    (call,) = world.population.dialogue(1)
    assert (call.call.role, call.call.turn) == ("researcher", 0)
    assert len(call.call.prompt.tools) == 9


def test_every_tool_answers_with_facts_of_train():
    world = World(
        [
            calls(("read_card", {}), ("read_code", {"program": "spt"})),
            calls(evaluated(BEST)),
            calls(
                ("results", {"program": program_id(LONGEST)}),
                ("results", {"program": program_id(LONGEST), "other": "spt"}),
                ("trace", {"program": program_id(LONGEST), "instance": "t1"}),
                ("analyse", {"program": program_id(LONGEST)}),
            ),
            calls(
                ("remember", {"title": "short\nfirst", "text": "since 39 < 60"}),
                ("recall", {"note": 0}),
            ),
            proposed(TIMED),
        ],
        supervise_every=9,
    )
    assert isinstance(world.run(), Candidate)
    card, code, judged, rows, compared, trace, statistics, kept, note = world.results()
    assert json.loads(card)["train"] == ["t1", "t2"]
    assert "known-only-to-the-judge" not in card
    assert code == SPT
    assert json.loads(judged)["gap"] == 0
    assert json.loads(judged)["program"] == program_id(SPT)
    assert json.loads(rows)["rows"][0][0] == "t2"
    assert json.loads(compared)["other_better"] == 2
    assert json.loads(trace)["data"] == {"p": [3, 1, 2]}
    assert json.loads(trace)["answer"] == [0, 2, 1]
    assert json.loads(trace)["schedule"][0] == ["m", "0", 0, 3, False]
    assert json.loads(statistics)["all"]["count"] == 2
    assert json.loads(kept) == {"note": 0}
    assert json.loads(note)["text"] == "since 39 < 60"
    (insight,) = world.population.notes(NoteKind.INSIGHT)
    assert (insight.title, insight.step) == ("short first", 1)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (("evaluate", {"code": "def (", "hypothesis": ""}), "syntax: line 2"),
        (evaluated("def other():\n    pass"), "no_entry_point"),
        (evaluated("def priority(p, time):\n    return -p"), "unchanged"),
        (("read_code", {"program": "ffffffff"}), "read_code: "),
        (("read_code", {"program": "verify"}), "neither the id of a program nor a"),
        (("read_code", {"program": ""}), "neither the id"),
        (("read_code", {"program": "%%%%%%%%"}), "neither the id"),
        (("results", {"program": "spt"}), "baseline spt is not judged yet"),
        (("trace", {"program": program_id(LONGEST), "instance": "x1"}), "no training"),
        (("recall", {"note": 7}), "there is no note 7"),
        (("recall", {"note": -1}), "there is no note -1"),
        (("recall", {"note": 10**100}), "there is no note 1000"),
        (("results", "{"), "are no JSON"),
    ],
)
def test_an_error_goes_back_and_the_session_goes_on(wanted, words):
    world = World([calls(wanted), proposed()])
    assert isinstance(world.run(), Candidate)
    (result,) = world.results()
    assert result.startswith("error: ")
    assert words in result


def test_a_failed_trial_is_a_result_and_its_trace_an_error():
    failing = program_id(LONGEST.replace("return -p", "return q"))
    world = World([calls(evaluated(FAILS)), calls(evaluated(BEST)), proposed(TIMED)])
    world.run()
    first = json.loads(world.results()[0])
    assert (first["program"], first["status"], first["gap"]) == (failing, "error", None)
    assert "NameError" in first["message"]


def test_answers_that_bring_nothing_are_told_so_and_bounded():
    refused = a_response("I'm sorry, but I can't do that.")
    filtered = a_response("", finish_reason="content_filter")
    cut = a_response("It is", finish_reason="length")
    world = World([refused, filtered, cut, a_response("")], mistakes=4)
    outcome = world.run()
    assert isinstance(outcome, Rejection)
    assert outcome.reason is Reason.NO_PROPOSAL
    assert "4 useless answers in a row" in outcome.detail
    said = [m.text for m in world.prompts[-1].history if m.role == "user"]
    assert said == [REFUSED, REFUSED, CUT]
    assert EMPTY not in said


def test_a_useful_answer_forgives_mistakes():
    bad = a_response("")
    world = World(
        [bad, bad, calls(("read_card", {})), bad, bad, proposed()], mistakes=3
    )
    assert isinstance(world.run(), Candidate)


def test_the_supervisor_is_asked_after_words_and_after_some_calls():
    card = calls(("read_card", {}), text="I read.")
    world = World(
        [
            a_response("I think.\n```\nsecret\n```"),
            "Prove it.",
            card,
            card,
            "",
            proposed(),
        ],
        supervise_every=2,
    )
    assert isinstance(world.run(), Candidate)
    roles = [p.call.role for p in world.population.dialogue(1)]
    assert roles == [
        *("researcher", "supervisor", "researcher", "researcher"),
        *("supervisor", "researcher"),
    ]
    first, second = (p for p in world.prompts if p.template == "supervisor")
    assert "I think." in first.user
    assert "secret" not in first.user
    assert first.tools == ()
    assert [m.role for m in second.history] == ["assistant", "user"]
    assert second.history[1].text.count("I read.") == 2
    assert TINY.card in first.system
    advice = [m.text for m in world.prompts[-1].history if m.role == "user"]
    assert advice == ["Prove it.", GO_ON]


def test_the_supervisor_may_stop():
    world = World([calls(evaluated(BEST)), a_response("Done."), "STOP"])
    outcome = world.run()
    assert outcome.reason is Reason.NO_PROPOSAL
    assert f"program {program_id(SPT)} with gap 0" in outcome.detail


def test_turns_are_bounded_and_unread_results_are_kept():
    card = calls(("read_card", {}))
    last = calls(("recall", {"note": 0}))
    world = World([card, last], turns=2, supervise_every=9)
    world.population.add_note(
        Note(kind=NoteKind.HINT, title="try time", text="only-in-the-last-result")
    )
    outcome = world.run()
    assert "no proposal within 2 answers" in outcome.detail
    assert "only-in-the-last-result" in outcome.detail
    assert "try time" in world.prompts[0].user


def test_a_conversation_that_is_too_long_ends():
    world = World([a_response("x" * 600), "Go."], context_chars=500)
    assert "too long" in world.run().detail


def test_old_results_are_shortened_in_later_prompts():
    keep = calls(("remember", {"title": "t", "text": "x" * 800}))
    recall = calls(("recall", {"note": 0}))
    script = [keep, recall, recall, proposed()]
    world = World(script, context_chars=2200, supervise_every=9)
    assert isinstance(world.run(), Candidate)
    _, first, last = world.results()
    assert "call the tool again" in first
    assert json.loads(last)["text"] == "x" * 800


def test_long_results_are_cut():
    world = World([calls(("read_card", {})), proposed()], output_chars=100)
    world.run()
    assert "characters left out here" in world.results()[0]


def test_a_failed_call_ends_the_session_with_what_was_found():
    error = ModelCallError("503 for ever")
    assert World([error]).run().reason is Reason.MODEL_FAILED
    outcome = World([calls(evaluated(BEST)), error]).run()
    assert outcome.reason is Reason.NO_PROPOSAL
    assert "503 for ever" in outcome.detail
    assert program_id(SPT) in outcome.detail


def test_a_failed_supervisor_does_not_end_the_session():
    world = World([a_response("I think."), ModelCallError("503"), proposed()])
    assert isinstance(world.run(), Candidate)


def test_the_token_budget_ends_a_session_but_not_before_it_begins():
    with pytest.raises(BudgetExhausted):
        World([proposed()], tokens=10).run()
    card = calls(("read_card", {}))
    outcome = World([card] * 20, tokens=7_000, supervise_every=99).run()
    assert isinstance(outcome, Rejection)
    assert "tokens" in outcome.detail


def test_the_program_for_which_there_is_no_room_is_the_proposal():
    world = World([calls(("read_card", {}), evaluated(BEST, "39."))], room=0)
    outcome = world.run()
    assert isinstance(outcome, Candidate)
    assert outcome.id == program_id(SPT)
    assert outcome.rationale.startswith("39.\nunread result: {")


def test_a_proposal_stands_alone_or_with_notes():
    end = ("propose", {"code": BEST, "rationale": "r"})
    keep = ("remember", {"title": "t", "text": "x"})
    world = World([calls(("read_card", {}), end), calls(end, keep)])
    assert isinstance(world.run(), Candidate)
    assert "alone" in world.results()[1]
    assert len(world.population.notes()) == 1


def test_a_proposal_that_was_tried_out_names_that_program():
    outcome = World([calls(evaluated(BEST)), proposed()]).run()
    assert outcome.reason is Reason.NO_PROPOSAL
    assert f"proposed program {program_id(SPT)}" in outcome.detail


SESSION = (
    calls(evaluated(BEST), ("remember", {"title": "t", "text": "x"})),
    a_response("It is good."),
    "Show numbers.",
    calls(("results", {"program": program_id(LONGEST)})),
    proposed(TIMED),
)


def conversation(population):
    """What was said and heard, calls without an answer left out."""
    return [
        (p.call.role, p.call.prompt.user, p.call.prompt.history, p.response)
        for p in population.dialogue(1)
        if p.response is not None
    ]


@pytest.mark.parametrize("answered", range(1, len(SESSION)))
def test_a_session_goes_on_from_any_call(answered):
    whole = World(SESSION)
    expected = whole.run()
    world = World([*SESSION[:answered], Crash(), *SESSION[answered:]])
    with pytest.raises(Crash):
        world.run()
    world.population.add_note(Note(kind=NoteKind.HINT, title="later", text="l"))
    assert world.resume(world.population.dialogue(1)) == expected
    assert conversation(world.population) == conversation(whole.population)
    assert len(world.population.notes(NoteKind.INSIGHT)) == 1
    assert world.population.known() == whole.population.known()
    assert len(world.prompts) == len(SESSION) + 1  # the lost call, once


def test_a_recorded_failure_is_not_asked_again():
    error = ModelCallError("503 for ever")
    world = World([calls(evaluated(BEST)), error])
    expected = world.run()
    asked = len(world.prompts)
    assert world.resume(world.population.dialogue(1)) == expected
    assert len(world.prompts) == asked


def test_sessions_at_once_do_not_mix():
    def respond(prompt):
        said = sum(m.role == "assistant" for m in prompt.history)
        if prompt.template == "supervisor":
            return a_response("Go.")
        return (calls(("read_card", {})), a_response("So."), proposed())[said]

    async def complete(prompt, *, seed):
        await asyncio.sleep(0)
        asked.append(prompt.template)
        return respond(prompt)

    async def both():
        generators = [np.random.default_rng(step) for step in (1, 2)]
        sessions = [
            world.proposer.propose(world.brief(step), rng)
            for step, rng in zip((1, 2), generators, strict=True)
        ]
        return await asyncio.gather(*sessions)

    asked = []
    world = World([])
    world.model.complete = complete
    outcomes = asyncio.run(both())
    assert [outcome.step for outcome in outcomes] == [1, 2]
    assert asked[:4] == ["researcher"] * 4  # they took turns
    for step in (1, 2):
        turns = [(p.call.turn, p.call.role) for p in world.population.dialogue(step)]
        assert turns == [
            (0, "researcher"),
            (1, "researcher"),
            (2, "supervisor"),
            (3, "researcher"),
        ]


def test_skills_of_the_lineage_are_remembered_once():
    world = World([proposed(), proposed(TIMED)])
    lines = [("2 * p", 0.4), ("p * p", 0.4)]
    recent = []
    for number, (expression, score) in enumerate(lines):
        parent = a_program(
            10 + number,
            source=SPT.replace("return p", f"return {expression}"),
            evaluation=an_evaluation(score),
        )
        child = a_program(
            20 + number,
            source=SPT.replace("return p", f"return max({expression}, time)"),
            evaluation=an_evaluation(score / 2),
            parents=(parent.id,),
        )
        world.population.add(parent)
        world.population.add(child)
        recent.append(child)
    for step in (1, 2):
        view = a_view([world.parent], step=step, recent=tuple(recent))
        brief = a_brief([world.parent], step=step, view=view, trial=world.trial)
        asyncio.run(world.proposer.propose(brief, np.random.default_rng(step)))
    (skill,) = world.population.notes(NoteKind.SKILL)
    assert skill.title.startswith("+max +time: lowered the gap in 2 of 2 uses")
    assert skill.title in world.prompts[0].user

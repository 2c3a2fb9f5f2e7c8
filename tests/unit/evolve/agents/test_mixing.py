"""Who acts in a step, who takes over, and how progress shifts the work."""

import asyncio
from collections import Counter

import numpy as np
import pytest

from evolve.agents.mixing import FLOOR, Member, MixingProposer, shares, turns
from evolve.agents.rewards import merits
from evolve.records import (
    Call,
    Candidate,
    Operator,
    Proposal,
    Reason,
    Rejection,
)
from tests.fakes.briefs import a_brief, a_view
from tests.fakes.records import a_call, a_candidate, a_program, a_response

GENETIC = frozenset({Operator.MUTATION, Operator.CROSSOVER})
MODEL = frozenset({Operator.DIFF, Operator.REWRITE, Operator.CROSSOVER})
TUNING = frozenset({Operator.TUNING})


class Fixed:
    """Says the same each time and remembers its steps and the next random number."""

    def __init__(self, outcome):
        self.outcome, self.asked, self.resumed, self.drawn = outcome, 0, [], []

    async def propose(self, brief, rng):
        self.asked += 1
        self.drawn.append(rng.random())
        return self.outcome

    async def resume(self, brief, dialogue, rng):
        self.resumed.append(dialogue)
        return self.outcome


def refusal(reason, operator=Operator.MUTATION):
    return Rejection(step=1, operator=operator, island=0, reason=reason)


def member(outcome, share=1.0, operators=GENETIC, **changes):
    return Member(proposer=Fixed(outcome), share=share, operators=operators, **changes)


def proposed(mixing, seed=0, view=None):
    parents = [a_program(0)]
    brief = a_brief(parents, **({} if view is None else {"view": view}))
    return asyncio.run(mixing.propose(brief, np.random.default_rng(seed)))


def two(first=1.0, second=1.0, programs=1.0):
    return {
        "genetic": member(a_candidate(1), first),
        "tuning": member(a_candidate(2), second, TUNING, programs=programs),
    }


def firsts(members, view, count=2000):
    drawn = [turns(view, members, np.random.default_rng(i))[0] for i in range(count)]
    return Counter(drawn)


def test_steps_follow_the_shares():
    found = firsts(two(0.75, 0.25), a_view([]))
    assert 0.71 < found["genetic"] / 2000 < 0.79


def test_who_judges_several_programs_a_step_is_chosen_less_often():
    found = firsts(two(0.5, 0.5, programs=9), a_view([]))
    assert 0.07 < found["tuning"] / 2000 < 0.13


def test_a_member_without_a_share_never_acts():
    members = two(1.0, 0.0)
    mixing = MixingProposer(members)
    for seed in range(50):
        proposed(mixing, seed)
    assert members["tuning"].proposer.asked == 0
    with pytest.raises(ValueError, match="no proposer"):
        MixingProposer(two(0.0, 0.0))


@pytest.mark.parametrize(
    "reason",
    [Reason.NO_PROPOSAL, Reason.NO_ENTRY_POINT, Reason.UNCHANGED, Reason.DUPLICATE],
)
def test_a_member_that_can_do_nothing_hands_over(reason):
    members = {
        "tuning": member(refusal(reason), 1e9, TUNING),
        "genetic": member(a_candidate(1), 1.0),
    }
    assert proposed(MixingProposer(members)) == a_candidate(1)
    assert members["tuning"].proposer.asked == 1


def test_if_nobody_can_act_the_first_refusal_stands():
    first = refusal(Reason.NO_PROPOSAL, Operator.TUNING)
    last = refusal(Reason.UNCHANGED)
    members = {"tuning": member(first, 1e9, TUNING), "genetic": member(last, 1.0)}
    assert proposed(MixingProposer(members)) == first


def test_an_answer_that_was_paid_for_ends_the_step():
    refused = refusal(Reason.DUPLICATE, Operator.DIFF)
    members = {
        "llm": member(refused, 1e9, MODEL, roles=frozenset({"proposer"})),
        "genetic": member(a_candidate(1), 1.0),
    }
    assert proposed(MixingProposer(members)) == refused
    assert members["genetic"].proposer.asked == 0


def test_what_a_member_draws_does_not_depend_on_its_company():
    alone = {"genetic": member(a_candidate(1))}
    proposed(MixingProposer(alone), seed=3)
    crowd = two(1e9, 1.0)
    proposed(MixingProposer(crowd), seed=3)
    assert alone["genetic"].proposer.drawn == crowd["genetic"].proposer.drawn
    assert alone["genetic"].proposer.drawn == [np.random.default_rng(3).random()]


def dialogue(**changes) -> list[Proposal]:
    call: Call = a_call(1, **changes)
    return [Proposal(call=call, response=a_response())]


def resumed(members, said):
    brief = a_brief([a_program(0)])
    mixing = MixingProposer(members)
    return asyncio.run(mixing.resume(brief, said, np.random.default_rng(0)))


def test_who_asked_first_brings_the_step_to_its_end():
    members = {
        "genetic": member(a_candidate(1)),
        "repair": member(
            a_candidate(2), 1.0, frozenset({Operator.REPAIR}),
            roles=frozenset({"proposer", "repairer"}),
        ),
        "llm": member(a_candidate(3), 1.0, MODEL, roles=frozenset({"proposer"})),
        "agent": member(
            a_candidate(4), 1.0, frozenset({Operator.AGENT}),
            roles=frozenset({"researcher"}),
        ),
    }  # fmt: skip
    assert resumed(members, dialogue(operator=Operator.CROSSOVER)).step == 3
    assert resumed(members, dialogue(operator=Operator.REPAIR)).step == 2
    asked = dialogue(role="researcher", operator=Operator.AGENT)
    assert resumed(members, asked).step == 4
    assert members["agent"].proposer.resumed == [asked]


def test_a_question_of_nobody_here_ends_as_a_failed_call():
    outcome = resumed(two(), dialogue(role="supervisor"))
    assert isinstance(outcome, Rejection)
    assert outcome.reason is Reason.MODEL_FAILED
    assert "supervisor" in outcome.detail


# Progress.


def history(*spans):
    """A view of a campaign in which operators did better or worse than a seed.

    Each span is an operator, how many programs, and every how manieth improves.
    """
    seed = a_program(0, 0.5)
    recent, step = [], 1
    for operator, count, each in spans:
        for number in range(count):
            score = 0.4 if each and number % each == 0 else 0.6
            recent.append(a_program(step, score, parents=(seed.id,), operator=operator))
            step += 1
    return a_view([seed], recent=recent)


NAMES = {"genetic": GENETIC, "tuning": TUNING}


def test_without_history_all_are_alike():
    assert merits(a_view([]), NAMES) == {"genetic": 1.0, "tuning": 1.0}
    nothing = history((Operator.MUTATION, 50, 0), (Operator.TUNING, 50, 0))
    assert merits(nothing, NAMES) == {"genetic": 1.0, "tuning": 1.0}


def test_who_improves_more_per_program_gets_more():
    view = history((Operator.TUNING, 60, 2), (Operator.MUTATION, 60, 20))
    found = merits(view, NAMES)
    assert found["tuning"] > 1.5 > 1 > found["genetic"]
    assert firsts(two(0.5, 0.5), view)["tuning"] > 1300


def test_what_happened_last_counts_most():
    early = history((Operator.TUNING, 60, 3), (Operator.MUTATION, 140, 3))
    late = history((Operator.MUTATION, 140, 3), (Operator.TUNING, 60, 3))
    faded = history(
        (Operator.TUNING, 60, 2), (Operator.MUTATION, 80, 8), (Operator.TUNING, 60, 0)
    )
    assert merits(early, NAMES)["tuning"] == pytest.approx(
        merits(late, NAMES)["tuning"], rel=0.1
    )
    assert merits(faded, NAMES)["tuning"] < 1.0


def test_one_success_proves_little():
    view = history((Operator.MUTATION, 100, 10), (Operator.TUNING, 1, 1))
    assert merits(view, NAMES)["tuning"] < 1.5


def test_an_operator_of_several_tells_of_none():
    names = {"genetic": GENETIC, "llm": MODEL}
    view = history((Operator.CROSSOVER, 60, 2))
    assert merits(view, names) == {"genetic": 1.0, "llm": 1.0}


def test_a_shorter_equal_is_worth_something_but_less():
    long, short = "x = 1  # a remark\n", "x = 1\n"
    seed = a_program(0, 0.5, source=long)
    kept = a_program(1, 0.5, source=short, parents=(seed.id,), operator=Operator.TUNING)
    better = a_program(
        2, 0.4, source="x = 2\n", parents=(seed.id,), operator=Operator.MUTATION
    )
    found = merits(a_view([seed], recent=[kept, better]), NAMES)
    assert found["genetic"] > 1.0 > found["tuning"]
    only = merits(a_view([seed], recent=[kept]), NAMES)
    assert only["tuning"] == pytest.approx(1.0)


def test_shares_sum_to_one_and_nobody_falls_below_the_floor():
    view = history((Operator.MUTATION, 150, 1), (Operator.TUNING, 50, 0))
    for part in (0.5, 0.1, 0.03, 0.021):
        found = shares(view, two(1 - part, part))
        assert sum(found.values()) == pytest.approx(1.0)
        assert found["tuning"] >= FLOOR - 1e-12
        assert found["tuning"] < part
    tiny = shares(view, two(0.999, 0.001))
    assert tiny["tuning"] == pytest.approx(0.001)


def test_the_choice_is_a_function_of_view_and_generator():
    view = history((Operator.MUTATION, 30, 3), (Operator.TUNING, 30, 5))
    drawn = [turns(view, two(), np.random.default_rng(i)) for i in range(30)]
    assert drawn == [turns(view, two(), np.random.default_rng(i)) for i in range(30)]
    assert len({tuple(order) for order in drawn}) == 2


def test_a_member_returns_what_its_proposer_made():
    outcome = proposed(MixingProposer(two(1.0, 1e-9)))
    assert isinstance(outcome, Candidate)
    assert outcome == a_candidate(1)

import time

import pytest

from evaluators.base import InstanceVerdict, Status
from evolve.llm.prompting import (
    PromptLimits,
    Question,
    ask_again,
    build_prompt,
    describe_train,
)
from evolve.records import Note, NoteKind, Operator, Reason
from problems import registry
from problems.base import Split
from tests.fakes.records import a_program, a_source, an_evaluation
from tests.fakes.tiny_problem import TINY


def a_question(*parents, operator=Operator.DIFF, **more):
    values = {"limits": PromptLimits(), "parents": parents} | more
    return Question(
        problem=TINY,
        entry_point=TINY.default_entry_point,
        operator=operator,
        **values,
    )


@pytest.mark.parametrize("split", [s for s in Split if s is not Split.TRAIN])
@pytest.mark.parametrize("role", ["parents", "inspirations", "failures", "origin"])
def test_only_train_outcomes_reach_a_prompt(split, role):
    good = a_program(0)
    held_out = a_program(1, evaluation=an_evaluation(0.1, split=split))
    shown = held_out if role == "origin" else (held_out,)
    operator = Operator.REPAIR if role == "origin" else Operator.DIFF
    more = {"parents": (good,), role: shown, "operator": operator}
    with pytest.raises(ValueError, match="train only"):
        build_prompt(a_question(**more))


def test_the_worst_instances_are_shown_the_failed_ones_first():
    verdicts = tuple(
        InstanceVerdict(
            instance=f"i{n}",
            status=Status.OK if n != 2 else Status.ERROR,
            objective=1.0 if n != 2 else None,
            gap=n / 10 if n != 2 else None,
        )
        for n in range(9)
    )
    program = a_program(0, evaluation=an_evaluation(0.1, verdicts=verdicts))
    user = build_prompt(a_question(program)).user
    rows = [line.split()[1] for line in user.split("\n") if line.startswith("| i")]
    assert rows == ["instance", "i2", "i8", "i7", "i6", "i5"]


def test_long_texts_are_cut():
    source = a_source(1).replace("return", f"x = '{'x' * 50_000}'\n    return")
    message = an_evaluation(0.1, message="m" * 50_000)
    program = a_program(1, source=source, evaluation=message)
    prompt = build_prompt(a_question(program, inspirations=(program,)))
    assert len(prompt.system) + len(prompt.user) < 30_000
    assert prompt.user.count("left out here") == 3


def test_a_prompt_takes_milliseconds():
    program = a_program(0, evaluation=an_evaluation(0.1, instances=100))
    question = a_question(program, inspirations=(program, program))
    build_prompt(question)
    started = time.process_time()
    for _ in range(20):
        build_prompt(question)
    assert (time.process_time() - started) / 20 < 0.02


def test_the_system_text_is_the_same_for_every_step():
    one, other = a_program(0), a_program(1)
    prompts = [
        build_prompt(a_question(one, other, operator=operator, failures=failures))
        for operator in (Operator.DIFF, Operator.REWRITE, Operator.CROSSOVER)
        for failures in ((), (a_program(2, None),))
    ]
    assert len({prompt.system for prompt in prompts}) == 1
    assert len({prompt.user for prompt in prompts}) == len(prompts)


def everything(limit):
    note = Note(kind=NoteKind.INSIGHT, title="an insight", text="more", number=0)
    hint = Note(kind=NoteKind.HINT, title="a wish", text="the wish", number=1)
    failed = an_evaluation(None, message="the failure")
    question = a_question(
        a_program(0),
        inspirations=(a_program(1), a_program(2)),
        failures=(a_program(3, evaluation=failed),),
        siblings=("- what the sibling did",),
        notes=(note, hint),
        direction=Note(kind=NoteKind.DIRECTION, title="go there", text="so", number=2),
        limits=PromptLimits(prompt_chars=limit),
    )
    prompt = build_prompt(question)
    marks = (
        "the failure",
        "what the sibling did",
        "an insight",
        "2 * job.d",
        "1 * job.d",
        "the wish",
        "go there",
        "0 * job.d",
    )
    return len(prompt.system) + len(prompt.user), [m in prompt.user for m in marks]


def test_what_is_too_much_is_left_out_in_a_fixed_order():
    size, held = everything(10**6)
    assert held == [True] * 8
    for dropped in range(1, 7):
        smaller, held = everything(size - 1)
        assert smaller < size
        assert held == [False] * dropped + [True] * (8 - dropped)
        size = smaller
    assert everything(1) == (size, held)


def test_instances_are_described_in_numbers_where_the_pack_can():
    smtt = registry.load("smtt")
    numbers = describe_train(smtt)
    instance = smtt.instances(Split.TRAIN)[0]
    held_out = {i.id for s in Split if s is not Split.TRAIN for i in smtt.instances(s)}
    assert not held_out & set(numbers)
    assert numbers[instance.id]["jobs"] == instance.n
    assert describe_train(TINY) == {}
    verdict = InstanceVerdict(
        instance=instance.id, status=Status.OK, objective=5.0, gap=0.5
    )
    program = a_program(0, evaluation=an_evaluation(0.1, verdicts=(verdict,)))
    prompt = build_prompt(
        Question(
            problem=smtt,
            entry_point=smtt.default_entry_point,
            operator=Operator.DIFF,
            parents=(program,),
            numbers=numbers,
            limits=PromptLimits(),
        )
    )
    row = next(x for x in prompt.user.split("\n") if x.startswith(f"| {instance.id}"))
    tight = f"{numbers[instance.id]['tightness']:.4g}"
    assert row.split(" | ")[1:4] == ["50.00 %", "5", f"{instance.n}"]
    assert tight in row
    assert "| tightness |" in prompt.user
    assert "- `job.p`: processing time" in prompt.system


def test_a_title_cannot_leave_its_line():
    note = Note(kind=NoteKind.SKILL, title="a\n# Rules\n- obey", text="", number=0)
    prompt = build_prompt(a_question(a_program(0), notes=(note,)))
    assert "- skill: a # Rules - obey\n" in prompt.user


def test_asking_again_goes_on_with_the_conversation():
    first = build_prompt(a_question(a_program(0)))
    limits = PromptLimits()
    more = [
        ask_again(first, said, reason=Reason.SYNTAX, detail="line 3", limits=limits)
        for said in ("bad", "worse")
    ]
    assert (more[0].system, more[0].user) == (first.system, first.user)
    assert [m.role for m in more[0].history] == ["assistant", "user"]
    assert "line 3" in more[0].history[1].text
    assert len({first.digest, more[0].digest, more[1].digest}) == 3

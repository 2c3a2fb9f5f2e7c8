import time

import pytest

from evaluators.base import InstanceVerdict, Status
from evolve.llm.prompting import PromptLimits, Question, build_prompt
from evolve.records import Operator
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
@pytest.mark.parametrize("role", ["parents", "inspirations", "failures"])
def test_only_train_outcomes_reach_a_prompt(split, role):
    good = a_program(0)
    held_out = a_program(1, evaluation=an_evaluation(0.1, split=split))
    more = {"parents": (good,), role: (held_out,)}
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

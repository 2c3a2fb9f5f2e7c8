"""Questions of benchmarks. After a wanted change: HEURESIS_GOLDEN=write pytest."""

import pytest

from problems.benchmark import settings_of
from problems.registry import load_benchmark
from prompts import render
from tests.golden.test_glia_prompts import FOLDER, check


@pytest.mark.parametrize("suite", ["ramp", "dcm"])
def test_a_scheduling_task_is_the_one_that_was_reviewed(suite):
    benchmark = load_benchmark("rconstraint")
    changes = {
        "suites": [suite],
        "phases": ["precedence"] if suite == "ramp" else ["all"],
        "levels_from": 4,
        "levels_to": 4,
        "seeds": 1,
        "horizon_slack": None if suite == "ramp" else 1.0,
    }
    settings = settings_of(benchmark.profile, changes)
    (sample,) = benchmark.samples(settings)
    question = benchmark.start(sample, settings).question()
    assert question is not None
    prompt = render(question.template, **question.values)
    text = f"{prompt.system}\n\n======== user\n\n{prompt.user}\n"
    check(FOLDER / f"rconstraint_{suite}.md", text)

"""The benchmark ``tps``: its record, its parameters, and what others report."""

from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files

from problems.benchmark import (
    Benchmark,
    Dialogue,
    FrozenSet,
    Parameter,
    Profile,
    PublishedFigure,
    Sample,
    Settings,
    Tool,
)
from problems.tps.baselines import BASELINES
from problems.tps.dialogue import TpsDialogue
from problems.tps.generate import samples
from problems.tps.judge import JUDGE
from problems.tps.live import LiveDialogue, check_tools
from problems.tps.metrics import summarise

_SOURCE = (
    "cognaptus.com, 2025-11-06, of arXiv 2511.01527v1; hard tasks, other instances"
)

PROFILE: Profile = {
    "world_seed": Parameter(
        value=0, provenance="ours", doc="seed of the tables that the tools read"
    ),
    "task_seed": Parameter(value=0, provenance="ours", doc="seed of the tasks"),
    "easy": Parameter(
        value=100,
        provenance="ours",
        doc="tasks of 2 to 5 sub-tasks, at most one of which depends on another; "
        "that all tasks together are 200 is known from secondary sources",
    ),
    "hard": Parameter(
        value=100,
        provenance="ours",
        doc="tasks of 6 to 50 sub-tasks, chains of 3 to 8 among them",
    ),
    "tools_needed": Parameter(
        value=10, provenance="ours", doc="no task needs more tools; 6 or more"
    ),
    "tool_cap": Parameter(
        value=10, provenance="secondary", doc="how many tools may be chosen"
    ),
    "max_turns": Parameter(
        value=60, provenance="ours", doc="turns with calls before an answer is due"
    ),
    "calls_per_turn": Parameter(
        value=64, provenance="ours", doc="calls of one turn that are made"
    ),
    "failures_per_mille": Parameter(
        value=0, provenance="ours", doc="of 1000 calls, how many fail for no reason"
    ),
    "clock": Parameter(
        value="tokens",
        provenance="ours",
        doc="time of a reply: 'tokens' from the two figures below, or 'measured'",
    ),
    "first_token_s": Parameter(
        value=0.5, provenance="ours", doc="seconds until a reply begins"
    ),
    "tokens_per_s": Parameter(
        value=60.0, provenance="ours", doc="tokens of a reply in a second"
    ),
}

_ROWS = (
    ("GLM-4.5", 0.6472, 217.8, 12_600),
    ("GPT-4o", 0.4508, 76.8, 7_200),
    ("Qwen3-32B", 0.567, 226.2, 6_700),
    ("Qwen3-1.7B with GRPO", 0.331, 36.1, 7_300),
)


def live(offered: Sequence[Tool]) -> Benchmark:
    """Give the benchmark the tools of real servers.

    Raises
    ------
    ConfigError
        If no task needs any of them.
    """
    check_tools(offered)

    def start(sample: Sample, settings: Settings) -> Dialogue:
        return LiveDialogue(sample, settings, offered)

    return replace(BENCHMARK, start=start)


BENCHMARK = Benchmark(
    name="tps",
    version="1",
    title="Choose tools, plan their calls, answer compounding tasks",
    card=files("problems.tps").joinpath("README.md").read_text(encoding="utf-8"),
    profile=PROFILE,
    samples=samples,
    start=TpsDialogue,
    baselines=BASELINES,
    summarise=summarise,
    judge=JUDGE,
    live=live,
    sets={
        "tps-v1": FrozenSet(
            changes={},
            sha256="118930dd1372bc6f9f5414b34f556a6396f2cfb8cca785d188bcc74c78d91b75",
        )
    },
    published=tuple(
        PublishedFigure(model=model, metric=metric, value=value, source=_SOURCE)
        for model, *values in _ROWS
        for metric, value in zip(
            ("completion_hard", "time_s", "prompt_tokens"), values, strict=True
        )
    ),
)

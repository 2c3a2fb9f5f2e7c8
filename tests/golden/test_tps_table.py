"""The table of baselines in the card of tps. To write it: HEURESIS_GOLDEN=write."""

import os
from pathlib import Path

import pytest

from problems.benchmark import settings_of
from problems.tps.benchmark import BENCHMARK

CARD = Path(__file__).parents[2] / "problems" / "tps" / "README.md"
COLUMNS = (
    ("completion", 3),
    ("strict", 2),
    ("f1", 3),
    ("turns", 1),
    ("calls", 1),
    ("dependency_violations", 1),
    ("tool_s", 1),
    ("eta", 2),
    ("eta_path", 2),
    ("parallelism", 2),
)


def table():
    settings = settings_of(BENCHMARK.profile, {})
    samples = BENCHMARK.samples(settings)
    rows = [f"| tasks | player | {' | '.join(name for name, _ in COLUMNS)} |"]
    rows.append("|---|---" + "|---:" * len(COLUMNS) + "|")
    for group in ("easy", "hard"):
        for name, baseline in BENCHMARK.baselines.items():
            outcomes = []
            for sample in (one for one in samples if one.group == group):
                dialogue = BENCHMARK.start(sample, settings)
                play = baseline.play(sample, 0)
                while (question := dialogue.question()) is not None:
                    dialogue.answer(play(question))
                outcomes.append(dialogue.outcome())
            metrics = BENCHMARK.summarise(outcomes).metrics
            values = [(metrics[column].value, digits) for column, digits in COLUMNS]
            shown = ["" if v is None else f"{v:.{digits}f}" for v, digits in values]
            rows.append(f"| {group} | `{name}` | {' | '.join(shown)} |")
    return "\n".join(rows)


@pytest.mark.slow
def test_the_card_shows_what_the_baselines_do():
    made, card = table(), CARD.read_text(encoding="utf-8")
    if os.environ.get("HEURESIS_GOLDEN") == "write":
        start, end = card.index("| tasks |"), card.index("\n\n* `oracle`")
        card = card[:start] + made + card[end:]
        CARD.write_text(card, encoding="utf-8")
    assert made in card

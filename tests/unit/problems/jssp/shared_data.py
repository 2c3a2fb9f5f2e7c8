"""Where the shared instances are, for tests that compare with them."""

import csv
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[5] / "shared" / "data"


def shared_file() -> Path:
    """Path of the shared instances; the test is skipped where they are not at hand."""
    return _at_hand(FOLDER / "jsp" / "benchmark_instances.json")


def shared_bounds() -> dict[str, tuple[int, int]]:
    """Lower and upper bounds by instance name; skips like ``shared_file``."""
    with _at_hand(FOLDER / "jsp-bounds.csv").open(newline="") as stream:
        return {
            row["instance"]: (int(row["lower_bound"]), int(row["upper_bound"]))
            for row in csv.DictReader(stream)
        }


def _at_hand(file: Path) -> Path:
    if not file.exists():
        pytest.skip(f"the shared data are not at {file}")
    return file

"""Where the shared instances are, for tests that compare with them."""

from pathlib import Path

import pytest


def weibull_5k() -> Path:
    """Path of the shared file; the test is skipped where it is not at hand."""
    root = Path(__file__).resolve().parents[4]
    file = root.parent / "shared" / "data" / "binpack" / "Weibull_5k.json"
    if not file.exists():
        pytest.skip(f"the shared instances are not at {file}")
    return file

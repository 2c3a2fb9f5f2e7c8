"""Where the shared instances are, for tests that compare with them."""

from pathlib import Path

import pytest


def shared_file() -> Path:
    """Path of the shared file; the test is skipped where it is not at hand."""
    root = Path(__file__).resolve().parents[4]
    file = root.parent / "shared" / "data" / "smtt_generated" / "smtt.json"
    if not file.exists():
        pytest.skip(f"the shared instances are not at {file}")
    return file

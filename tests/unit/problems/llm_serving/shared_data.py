"""Where the shared traces and profiles are, for tests that compare with them."""

from pathlib import Path

import pytest


def shared(name: str) -> Path:
    """Path of a shared file or folder; the test is skipped where it is not at hand."""
    for folder in Path(__file__).resolve().parents:
        path = folder / "shared" / "data" / "llm" / name
        if path.exists():
            return path
    pytest.skip(f"no folder above has shared/data/llm/{name}")

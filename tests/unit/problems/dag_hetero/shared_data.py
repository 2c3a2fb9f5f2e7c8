"""Public workflows that are not ours to ship, where they are at hand."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[5] / "shared" / "data" / "wfinstances"


def public(name):
    """File of a workflow in WfFormat; skips without it."""
    path = ROOT / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"needs {name}.json in shared/data/wfinstances")
    return path

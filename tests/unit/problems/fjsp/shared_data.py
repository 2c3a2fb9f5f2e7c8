"""The public instances of the flexible job shop, where they are at hand."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[5] / "shared" / "data" / "fjsp"


def files(*families):
    """Files of some folders, in order; skips without them."""
    found = sorted(one for name in families for one in (ROOT / name).glob("*.txt"))
    if not found:
        pytest.skip("needs shared/data/fjsp beside the repository")
    return found

"""What all runs of the command line share here."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory):
    """Remember held-out judgements of baselines between runs, as users' runs do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEURESIS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield

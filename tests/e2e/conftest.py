"""What all runs of the command line share here."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def _cache(judgement_cache):
    """Remember held-out judgements of baselines between runs, as users' runs do."""
    with judgement_cache():
        yield

"""Fixtures that several test folders use."""

import os
from contextlib import contextmanager

import pytest

TOGETHER = {
    "tests/e2e/": "the command line",
    "tests/contracts/test_chat_model.py": "litellm",
    "tests/unit/evolve/llm/": "litellm",
}
"""Fast tests that one worker runs: the set-up that they share costs most of them."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keep modules whole, and together where they import or prepare the same."""
    if (
        config.getvalue("dist") != "loadscope"
        or "not slow" not in config.option.markexpr
    ):
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Grouped(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            found = (name for path, name in TOGETHER.items() if nodeid.startswith(path))
            return next(found, super()._split_scope(nodeid))

    return Grouped(config, log)


@pytest.fixture(scope="session", autouse=True)
def _no_cache():
    """Judge everything anew, also in processes that tests start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEURESIS_CACHE", "off")
        yield


@pytest.fixture(scope="session")
def judgement_cache(tmp_path_factory):
    """A context in which judgements are remembered, in a folder of this test run."""
    folder = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        folder = folder.parent  # the same for all workers

    @contextmanager
    def entered():
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HEURESIS_CACHE", str(folder / "cache"))
            yield

    return entered


@pytest.fixture(scope="session")
def postgres_server():
    """A PostgreSQL server; skips without one, but fails where CI has to have it."""
    from tests.fakes import postgres

    try:
        with postgres.running() as server:
            yield server
    except postgres.PostgresMissingError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture
def postgres_url(postgres_server):
    """URL of a PostgreSQL store of this test alone, with the tables of a store."""
    url = postgres_server.database(migrated=True)
    yield url
    postgres_server.drop(url)


@pytest.fixture
def empty_postgres_url(postgres_server):
    """URL of an empty PostgreSQL database of this test alone."""
    url = postgres_server.database()
    yield url
    postgres_server.drop(url)


@pytest.fixture(scope="session")
def ray_home():
    """Where all Rays of a test run keep their token, sockets and logs."""
    from tests.fakes import ray_cluster

    with ray_cluster.home() as folder:
        yield folder


@pytest.fixture(scope="session")
def local_ray(ray_home):
    """One Ray on this machine for all tests that share it."""
    from tests.fakes import ray_cluster

    with ray_cluster.started(ray_home) as ray:
        yield ray

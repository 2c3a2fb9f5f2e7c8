"""Stores that are made, found, refused, or cannot be read."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from evolve import population as stores
from evolve.errors import RunNotFoundError, StoreError
from evolve.population import schema
from evolve.population.store import Store
from problems.base import Split
from problems.errors import ConfigError
from tests.fakes.records import a_program, an_evaluation, an_info


@pytest.fixture
def url(tmp_path):
    return stores.sqlite_url(tmp_path / "store.sqlite")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_url(request, tmp_path):
    if request.param == "sqlite":
        return stores.sqlite_url(tmp_path / "store.sqlite")
    return request.getfixturevalue("empty_postgres_url")


def made(url, *names):
    for name in names:
        stores.create(url, an_info(name)).close()


def test_importing_the_package_imports_no_sqlalchemy_and_opening_no_alembic(url):
    code = (
        "import sys\n"
        "from evolve import population\n"
        "first = 'sqlalchemy' in sys.modules\n"
        "from evolve.records import CampaignInfo, State\n"
        "info = CampaignInfo(name='a', problem='p', problem_version=1, config='',\n"
        "    state=State.RUNNING, created=0.0, updated=0.0)\n"
        f"population.create({url!r}, info).close()\n"
        f"population.open_campaign({url!r}).close()\n"
        "print(first, 'sqlalchemy' in sys.modules, 'alembic' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True", "False"]


def test_campaigns_are_listed_in_order_of_creation(any_url):
    made(any_url, "zeta", "alpha")
    assert [info.name for info in stores.list_campaigns(any_url)] == ["zeta", "alpha"]


def test_the_only_campaign_needs_no_name(any_url):
    made(any_url, "one")
    opened = stores.open_campaign(any_url)
    assert opened.info().name == "one"
    opened.close()


def test_several_campaigns_need_a_name(any_url):
    made(any_url, "one", "two")
    with pytest.raises(ConfigError, match="one, two") as caught:
        stores.open_campaign(any_url)
    assert not isinstance(caught.value, RunNotFoundError)
    opened = stores.open_campaign(any_url, "two")
    assert opened.info().name == "two"
    opened.close()


def test_an_unknown_campaign_is_not_found_and_the_known_are_named(any_url):
    made(any_url, "one", "two")
    with pytest.raises(RunNotFoundError, match="'three'; there is one, two"):
        stores.open_campaign(any_url, "three")


def test_a_name_is_given_once(any_url):
    made(any_url, "one")
    with pytest.raises(ConfigError, match="resume it, or choose another name"):
        stores.create(any_url, an_info("one"))
    assert len(stores.list_campaigns(any_url)) == 1


def test_campaigns_of_one_store_do_not_see_each_other(any_url):
    first = stores.create(any_url, an_info("first"))
    second = stores.create(any_url, an_info("second"))
    program = a_program(0, 0.5)
    first.add(program)
    assert program.id not in second.known()
    assert second.best(5) == []
    better = a_program(0, 0.1)
    second.add(better)
    assert first.get(program.id) == program
    assert second.get(program.id) == better
    assert first.spent().candidates == second.spent().candidates == 1
    first.close()
    second.close()


@pytest.mark.postgres
def test_an_empty_postgresql_database_holds_no_campaign(empty_postgres_url):
    with pytest.raises(RunNotFoundError, match="holds no campaign"):
        stores.list_campaigns(empty_postgres_url)


class TestSqliteFiles:
    def test_a_missing_file_is_not_found_and_not_made(self, tmp_path):
        url = stores.sqlite_url(tmp_path / "none" / "store.sqlite")
        for ask in (stores.open_campaign, stores.list_campaigns):
            with pytest.raises(RunNotFoundError, match="no such store"):
                ask(url)
        assert list(tmp_path.iterdir()) == []

    def test_folders_are_made_and_any_name_will_do(self, tmp_path):
        path = tmp_path / "50% off? #1 é" / "a b&c=d.sqlite"
        url = stores.sqlite_url(path)
        made(url, "one")
        assert path.exists()
        assert [info.name for info in stores.list_campaigns(url)] == ["one"]
        assert [p.name for p in path.parent.iterdir()] == [path.name]

    def test_an_empty_file_holds_no_campaign_but_can_be_used(self, tmp_path, url):
        (tmp_path / "store.sqlite").touch()
        with pytest.raises(RunNotFoundError, match="holds no campaign"):
            stores.open_campaign(url)
        made(url, "one")
        assert len(stores.list_campaigns(url)) == 1

    def test_a_text_file_is_refused_and_kept(self, tmp_path, url):
        path = tmp_path / "store.sqlite"
        path.write_text("not a store, but somebody's notes\n" * 100)
        before = path.read_bytes()
        for ask in (stores.open_campaign, lambda u: stores.create(u, an_info())):
            with pytest.raises(StoreError, match=r"store\.sqlite is no SQLite file"):
                ask(url)
        assert path.read_bytes() == before

    def test_the_database_of_something_else_is_refused(self, tmp_path, url):
        with sqlite3.connect(tmp_path / "store.sqlite") as other:
            other.execute("CREATE TABLE bookmarks (id)")
        other.close()
        for ask in (stores.open_campaign, lambda u: stores.create(u, an_info())):
            with pytest.raises(StoreError, match="of something else"):
                ask(url)

    def test_a_folder_is_refused(self, tmp_path):
        url = stores.sqlite_url(tmp_path)
        for ask in (stores.open_campaign, lambda u: stores.create(u, an_info())):
            with pytest.raises(StoreError, match="cannot be opened"):
                ask(url)

    @pytest.mark.parametrize("kept", [0.02, 0.5, 0.9])
    def test_a_truncated_file_is_refused_in_one_line(self, tmp_path, url, kept):
        population = stores.create(url, an_info())
        for step in range(200):
            population.add(a_program(step))
        population.close()
        path = tmp_path / "store.sqlite"
        os.truncate(path, int(path.stat().st_size * kept))
        with pytest.raises(StoreError, match="damaged") as caught:
            read_everything(url)
        assert "\n" not in str(caught.value)

    def test_a_damaged_row_is_refused_in_one_line(self, tmp_path, url):
        population = stores.create(url, an_info())
        population.add(a_program(0))
        population.close()
        with sqlite3.connect(tmp_path / "store.sqlite") as other:
            other.execute("UPDATE evaluations SET verdicts = x'789c00'")
        other.close()
        with pytest.raises(StoreError, match="damaged"):
            read_everything(url)

    def test_a_place_that_cannot_be_written_is_refused(self):
        for url in ("sqlite:////proc/heuresis.sqlite", "sqlite:////proc/x/y.sqlite"):
            with pytest.raises(StoreError, match="/proc"):
                stores.create(url, an_info())

    @pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
    def test_a_folder_of_somebody_else_is_refused_when_written(self):
        """Root may write everywhere, so another user tries."""
        code = (
            "import sys\n"
            "import os\n"
            "from evolve import population\n"
            "from evolve.errors import StoreError\n"
            "from tests.fakes.records import a_program, an_info\n"
            "import evolve.population.opening, evolve.population.migrations\n"
            "url = population.sqlite_url(sys.argv[1])\n"
            "population.create(url, an_info()).close()\n"
            "os.chmod(os.path.dirname(sys.argv[1]), 0o555)\n"
            "os.setresuid(65534, 65534, 65534)\n"
            "for action in (\n"
            "    lambda: population.create(url, an_info('b')),\n"
            "    lambda: population.open_campaign(url).add(a_program(0)),\n"
            "):\n"
            "    try:\n"
            "        action()\n"
            "    except StoreError as error:\n"
            "        print(error)\n"
        )
        folder = Path(tempfile.mkdtemp(prefix="readonly", dir="/tmp"))
        folder.chmod(0o777)
        try:
            done = subprocess.run(
                [sys.executable, "-c", code, str(folder / "store.sqlite")],
                capture_output=True,
                text=True,
                check=True,
            )
        finally:
            shutil.rmtree(folder)
        lines = done.stdout.splitlines()
        assert len(lines) == 2
        for line in lines:
            assert "store.sqlite cannot be" in line


def read_everything(url):
    population = stores.open_campaign(url)
    try:
        population.programs(limit=10_000)
        population.events()
        population.best(10_000)
        list(population.known())
    finally:
        population.close()


class TestVersions:
    def test_a_store_without_tables_of_ours_is_migrated(self, tmp_path, url):
        with sqlite3.connect(tmp_path / "store.sqlite") as older:
            older.execute(
                "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"
            )
        older.close()
        with pytest.raises(RunNotFoundError, match="holds no campaign"):
            stores.open_campaign(url)
        made(url, "one")
        population = stores.open_campaign(url)
        population.add(a_program(0))
        population.add_evaluation(a_program(0).id, an_evaluation(split=Split.TEST), 1.0)
        population.close()

    def test_a_store_of_a_newer_version_is_refused(self, any_url):
        made(any_url, "one")
        stamp(any_url, "r9999")
        for ask in (stores.open_campaign, lambda u: stores.create(u, an_info("two"))):
            with pytest.raises(StoreError, match="upgrade heuresis"):
                ask(any_url)
        stamp(any_url, schema.HEAD)
        assert len(stores.list_campaigns(any_url)) == 1


def stamp(url, revision):
    store = Store(url)
    with store.writing() as connection:
        connection.execute(sa.update(schema.versions).values(version_num=revision))
    store.close()


class TestUrls:
    @pytest.mark.parametrize(
        "url",
        [
            "sqlite://",
            "sqlite:///",
            "sqlite:///:memory:",
            "mysql://root@localhost/x",
            "store.sqlite",
            "",
        ],
    )
    def test_what_is_no_store_is_refused(self, url):
        for ask in (stores.open_campaign, lambda u: stores.create(u, an_info())):
            with pytest.raises(ConfigError, match="is no store; write sqlite"):
                ask(url)

    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            ("postgresql://u:pw@h:5432/d", "postgresql://u:***@h:5432/d"),
            ("postgresql+psycopg://u:p@w@h/d", "postgresql+psycopg://u:***@h/d"),
            (
                "postgresql://u@h/d?password=pw&a=b",
                "postgresql://u@h/d?password=***&a=b",
            ),
            ("postgresql://h/d", "postgresql://h/d"),
            ("sqlite:////a:b@c/d", "sqlite:////a:b@c/d"),
            ("mysql://u:pw@h/d", "mysql://u:***@h/d"),
        ],
    )
    def test_passwords_are_hidden(self, url, shown):
        assert stores.public_url(url) == shown

    @pytest.mark.postgres
    @pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
    def test_every_usual_scheme_reaches_postgresql(self, postgres_url, scheme):
        url = postgres_url.replace("postgresql://", f"{scheme}://")
        made(url, "one")
        assert len(stores.list_campaigns(postgres_url)) == 1

    def test_an_unreachable_server_is_named_without_its_password(self):
        url = "postgresql://user:s3cret@127.0.0.1:1/store"
        for ask in (stores.open_campaign, lambda u: stores.create(u, an_info())):
            with pytest.raises(StoreError, match="start the server") as caught:
                ask(url)
            assert "127.0.0.1:1" in str(caught.value)
            assert "s3cret" not in str(caught.value)
            assert "\n" not in str(caught.value)

    def test_a_url_that_cannot_be_read_is_shown_without_its_password(self):
        with pytest.raises(ConfigError, match="is no URL") as caught:
            stores.open_campaign("postgresql://user:s3cret@host:port/store")
        assert "s3cret" not in str(caught.value)

    @pytest.mark.postgres
    def test_a_missing_database_is_named(self, postgres_url):
        name = sa.make_url(postgres_url).database
        with pytest.raises(StoreError, match="does not exist"):
            stores.list_campaigns(postgres_url.replace(name, "nowhere"))

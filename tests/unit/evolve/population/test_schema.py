"""Migrations and tables describe the same store."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from evolve.population import migrations, schema
from evolve.population.opening import make_tables
from evolve.population.store import Store
from evolve.population.urls import sqlite_url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def two_stores(request, tmp_path):
    if request.param == "sqlite":
        urls = [sqlite_url(tmp_path / name) for name in ("a", "b")]
    else:
        urls = [request.getfixturevalue("empty_postgres_url")]
        server = request.getfixturevalue("postgres_server")
        urls.append(server.database())
    stores = [Store(url, create=True) for url in urls]
    yield stores
    for store in stores:
        store.close()
    if request.param == "postgres":
        server.drop(urls[1])


def described(connection):
    """Tables, columns, keys and indexes as the database tells them."""
    inspector = sa.inspect(connection)
    return {
        name: {
            "columns": [
                (c["name"], str(c["type"]), c["nullable"], c["default"])
                for c in inspector.get_columns(name)
            ],
            "primary": inspector.get_pk_constraint(name),
            "foreign": sorted(map(str, inspector.get_foreign_keys(name))),
            "unique": sorted(map(str, inspector.get_unique_constraints(name))),
            "indexes": sorted(map(str, inspector.get_indexes(name))),
        }
        for name in inspector.get_table_names()
    }


def test_migrating_from_nothing_gives_the_tables_of_a_new_store(two_stores):
    new, migrated = two_stores
    make_tables(new)
    with migrated.writing() as connection:
        migrations.upgrade(connection)
    with migrated.reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, schema.metadata) == []
        found = described(connection)
        stamped = connection.execute(sa.select(schema.versions)).scalar_one()
    with new.reading() as connection:
        assert described(connection) == found
        assert connection.execute(sa.select(schema.versions)).scalar_one() == stamped


def test_a_table_that_no_migration_makes_would_be_noticed(two_stores):
    new, _ = two_stores
    make_tables(new)
    with new.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE forgotten (id INTEGER)")
    with new.reading() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, schema.metadata) != []


def test_head_is_the_newest_revision():
    folder = str(migrations.__path__[0])
    assert ScriptDirectory(folder).get_heads() == [schema.HEAD]
    assert migrations.is_known(schema.HEAD)
    assert not migrations.is_known("r9999")


def test_making_the_tables_twice_changes_nothing(two_stores):
    new, _ = two_stores
    make_tables(new)
    with new.reading() as connection:
        before = described(connection)
    make_tables(new)
    with new.reading() as connection:
        assert described(connection) == before

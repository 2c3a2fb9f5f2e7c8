"""Makes stores, brings old ones up to date, and opens campaigns in them."""

from collections.abc import Callable

import sqlalchemy as sa

from evolve.errors import RunNotFoundError, StoreError
from evolve.population import journal, rows, rules, schema
from evolve.population import statements as sql
from evolve.population.sql import SqlPopulation
from evolve.population.store import Store
from evolve.population.urls import public_url, sqlite_path
from evolve.records import CampaignInfo

_SCHEMA_LOCK = 0x68657572
"""Advisory lock of PostgreSQL under which tables are made: the letters ``heur``."""


def create(
    url: str, info: CampaignInfo, *, clock: Callable[[], float]
) -> SqlPopulation:
    """Add a campaign to a store; see ``evolve.population.create``."""
    path = sqlite_path(url)
    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{public_url(url)}: its folder cannot be made ({error.strerror}); "
                "choose another place"
            ) from error
    store = Store(url, create=True)
    try:
        make_tables(store)
        campaign = _insert_campaign(store, info, clock())
    except BaseException:
        store.close()
        raise
    return SqlPopulation(store, campaign, info.name, clock=clock)


def open_campaign(
    url: str, name: str | None, *, clock: Callable[[], float]
) -> SqlPopulation:
    """Open a campaign; see ``evolve.population.open_campaign``."""
    store = _open(url)
    try:
        keys = _campaigns(store)
        infos = [info for _, info in keys]
        info = rules.the_campaign(infos, name, store.url)
        campaign = next(key for key, known in keys if known is info)
    except BaseException:
        store.close()
        raise
    return SqlPopulation(store, campaign, info.name, clock=clock)


def list_campaigns(url: str) -> list[CampaignInfo]:
    """List the campaigns of a store; see ``evolve.population.list_campaigns``."""
    store = _open(url)
    try:
        return [info for _, info in _campaigns(store)]
    finally:
        store.close()


def make_tables(store: Store) -> None:
    """Make the tables of a new store, or bring those of an old one up to date.

    Alembic is imported only for stores of an older version.
    """
    with store.writing() as connection:
        if store.path is None:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
        revision = _revision(connection, store.url)
        if revision is None:
            schema.metadata.create_all(connection)
            schema.versions.create(connection)
            connection.execute(sa.insert(schema.versions), {"version_num": schema.HEAD})
        elif revision != schema.HEAD:
            _migrate(connection, revision, store.url)


def _open(url: str) -> Store:
    path = sqlite_path(url)
    if path is not None and not path.exists():
        raise RunNotFoundError(f"{public_url(url)}: there is no such store")
    store = Store(url)
    try:
        _check_tables(store)
    except BaseException:
        store.close()
        raise
    return store


def _check_tables(store: Store) -> None:
    with store.reading() as connection:
        revision = _revision(connection, store.url)
    if revision is None:
        raise RunNotFoundError(f"{store.url} holds no campaign")
    if revision != schema.HEAD:
        make_tables(store)


def _revision(connection: sa.Connection, url: str) -> str | None:
    """Revision of the tables: None if there are none, empty if none is stamped."""
    tables = sa.inspect(connection)
    if not tables.has_table(schema.versions.name):
        if connection.dialect.name == "sqlite" and tables.get_table_names():
            raise StoreError(
                f"{url} is a database of something else; choose another file"
            )
        return None
    found: str | None = connection.execute(sa.select(schema.versions)).scalar()
    return found or ""


def _migrate(connection: sa.Connection, revision: str, url: str) -> None:
    from evolve.population.migrations import is_known, upgrade

    if revision and not is_known(revision):
        raise StoreError(
            f"{url} has tables of version {revision}, which this heuresis does not "
            "know: it was written by a newer one; upgrade heuresis"
        )
    upgrade(connection)


def _campaigns(store: Store) -> list[tuple[int, CampaignInfo]]:
    with store.reading() as connection:
        found = connection.execute(sql.all_campaigns)
        return [(row.id, rows.info_of(row)) for row in found]


def _insert_campaign(store: Store, info: CampaignInfo, now: float) -> int:
    entry = journal.created(info)
    with store.writing() as connection:
        names = sa.select(schema.campaigns.c.name)
        if info.name in connection.execute(names).scalars().all():
            raise rules.existing_campaign(info.name, store.url)
        inserted = connection.execute(
            sa.insert(schema.campaigns),
            {
                "name": info.name,
                "problem": info.problem,
                "problem_version": info.problem_version,
                "config": info.config,
                "created": info.created,
            },
        )
        assert inserted.inserted_primary_key is not None
        campaign = int(inserted.inserted_primary_key[0])
        totals = dict.fromkeys(sql.LEDGER_NAMES, 0) | {"next_event": 1}
        connection.execute(
            sa.insert(schema.ledgers),
            {
                "campaign": campaign,
                "state": info.state.value,
                "message": info.message,
                "updated": now,
                "stop_requested": False,
                **totals,
            },
        )
        connection.execute(
            sql.insert_event,
            {
                "campaign": campaign,
                "seq": 0,
                "kind": entry.kind,
                "payload": entry.text,
                "time": now,
            },
        )
    return campaign

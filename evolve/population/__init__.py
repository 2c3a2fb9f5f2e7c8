"""The append-only store of campaigns: programs, lineage, islands, ledger, events.

SQLite by default, PostgreSQL by URL, or memory; one contract for all three
(``evolve.ports.Population``). Several campaigns can share a store. Importing this
package does not import SQLAlchemy: opening a store does.
"""

import time
from collections.abc import Callable
from typing import Protocol

from evolve.population.memory import MemoryPopulation
from evolve.population.urls import public_url, sqlite_url
from evolve.ports import Population
from evolve.records import CampaignInfo

__all__ = [
    "MemoryPopulation",
    "OpenPopulation",
    "create",
    "list_campaigns",
    "open_campaign",
    "public_url",
    "sqlite_url",
]


class OpenPopulation(Population, Protocol):
    """A population with the lease that lets only one process run its campaign."""

    def acquire(self) -> None:
        """Become the process that runs the campaign, until ``close`` or death.

        Raises
        ------
        StoreError
            If the campaign is running in another process.
        """

    def held(self) -> bool:
        """Whether a process runs the campaign now, this one included."""


def create(
    url: str, info: CampaignInfo, *, clock: Callable[[], float] = time.time
) -> OpenPopulation:
    """Add a campaign to a store, which is made if it does not exist.

    Parameters
    ----------
    url
        ``sqlite:///relative/path``, ``sqlite:////absolute/path`` or
        ``postgresql://user:password@host:port/name``.
    info
        The row of the campaign.
    clock
        Seconds since the epoch, for the times of events.

    Raises
    ------
    ConfigError
        If the store has a campaign of that name, or the URL makes no sense.
    StoreError
        If the store cannot be written.
    """
    from evolve.population.opening import create as implementation

    return implementation(url, info, clock=clock)


def open_campaign(
    url: str, name: str | None = None, *, clock: Callable[[], float] = time.time
) -> OpenPopulation:
    """Open a campaign for reading or writing; a missing store is not made.

    Parameters
    ----------
    name
        None for the only campaign of the store.

    Raises
    ------
    RunNotFoundError
        If there is no such store or no such campaign.
    ConfigError
        If ``name`` is None and there are several; the message lists them.
    StoreError
        If the store cannot be read.
    """
    from evolve.population.opening import open_campaign as implementation

    return implementation(url, name, clock=clock)


def list_campaigns(url: str) -> list[CampaignInfo]:
    """Campaigns of a store in order of creation.

    Raises
    ------
    RunNotFoundError
        If there is no such store.
    StoreError
        If it cannot be read.
    """
    from evolve.population.opening import list_campaigns as implementation

    return implementation(url)

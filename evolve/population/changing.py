"""One transaction of the writer: what it runs, what it logs, the totals after it."""

from typing import Any

import sqlalchemy as sa

from evolve.population import statements as sql
from evolve.population.journal import Entry
from evolve.population.ledger import Ledger


class Reader:
    """Runs statements for one campaign.

    Parameters
    ----------
    connection
        In a transaction.
    campaign
        Key of the campaign, which every statement gets as ``of``.
    """

    def __init__(self, connection: sa.Connection, campaign: int) -> None:
        self._connection = connection
        self._campaign = campaign

    def __call__(
        self, statement: sa.Executable, /, **values: Any
    ) -> sa.CursorResult[Any]:
        """Run a statement with parameters."""
        return self._connection.execute(statement, {"of": self._campaign, **values})

    def ledger(self) -> Ledger:
        """Totals of the campaign."""
        return _ledger(self(sql.read_ledger).one())


class Change(Reader):
    """A transaction that changes the campaign and its totals.

    Attributes
    ----------
    totals
        The ledger after this change; to be replaced by the caller.
    """

    def __init__(self, connection: sa.Connection, campaign: int, now: float) -> None:
        super().__init__(connection, campaign)
        self._now = now
        self.totals = _ledger(self(sql.lock_ledger).one())

    def insert(self, statement: sa.Insert, /, **values: Any) -> None:
        """Insert a row of a table that is keyed by campaign."""
        self._connection.execute(statement, {"campaign": self._campaign, **values})

    def share(self, statement: sa.Insert, /, **values: Any) -> None:
        """Insert a row of a table that campaigns share."""
        self._connection.execute(statement, values)

    def log(self, entry: Entry) -> None:
        """Append an event."""
        self.insert(
            sql.insert_event,
            seq=self.totals.next_event,
            kind=entry.kind,
            payload=entry.text,
            time=self._now,
        )
        self.totals = self.totals.logged()

    def finish(self) -> None:
        """Write the totals."""
        totals = {name: getattr(self.totals, name) for name in sql.LEDGER_NAMES}
        self(sql.change_ledger, updated=self._now, **totals)


def _ledger(row: sa.Row[Any]) -> Ledger:
    return Ledger(**dict(zip(sql.LEDGER_NAMES, row, strict=True)))

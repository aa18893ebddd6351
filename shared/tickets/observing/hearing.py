"""Whether service hooks tell what happens: Azure DevOps may call a subscription healthy that reaches nobody.

Each project has a row for what hooks told and one for what had to be read instead. They say when, to some minutes:
an event costs no write of its own. The two have different writers, and neither needs the other's.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.storage import tables
from shared.storage.tables import RowChangedError, Table
from shared.tickets.rows import keys
from shared.times import Times

_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Silence:
    """A project of which no hook told anything, though people changed work items at `since` and perhaps later."""

    project: str
    since: datetime
    is_new: bool
    """Whether nobody was told of it yet."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """Takes down what was told and what was not."""

    table: Table
    times: Times
    monotonic: Callable[[], float] = time.monotonic
    _written: dict[tuple[str, str], float] = field(default_factory=dict, init=False)

    def heard(self, connection: str, project: str) -> None:
        """A service hook told something of a project."""
        key = keys.heard_row(project)
        if self._is_due(connection, key):
            values: dict[str, tables.Value] = {"schema": _SCHEMA, "project": project, "at": self.table.clock.now()}
            self.table.write(connection, tables.upsert(key, values))
            self._written[connection, key] = self.monotonic()

    def missed(self, connection: str, project: str) -> None:
        """A change that a person made was read, and no service hook had told it."""
        key = keys.missed_row(project)
        if self._is_due(connection, key):
            values: dict[str, tables.Value] = {"schema": _SCHEMA, "project": project, "at": self.table.clock.now()}
            with suppress(RowChangedError):  # what was missed before counts
                self.table.write(connection, tables.create(key, values))
            self._written[connection, key] = self.monotonic()

    def silences(self, connection: str) -> list[Silence]:
        """Return the projects that are silent, and forget what was missed of those that are not."""
        rows = self.table.range(connection, keys.MISSED_ROWS, keys.MISSED_ROWS + keys.AFTER_ALL)
        return [silence for row in list(rows) if (silence := self._judge(connection, row))]

    def remember(self, connection: str, silence: Silence) -> None:
        """Somebody was told of a silence."""
        key = keys.missed_row(silence.project)
        with suppress(RowChangedError):  # it is over
            self.table.write(connection, tables.merge(key, {"known": True}, tables.ANY))

    def forget(self, connection: str) -> None:
        """Why changes were missed is known: begin anew."""
        for row in list(self.table.range(connection, keys.MISSED_ROWS, keys.MISSED_ROWS + keys.AFTER_ALL)):
            self._forget(connection, row)

    def _judge(self, connection: str, row: tables.Row) -> Silence | None:
        project, since = str(row.values["project"]), _moment(row)
        heard = self.table.get(connection, keys.heard_row(project))
        if heard and since <= _moment(heard) + timedelta(seconds=self.times.hearing):
            self._forget(connection, row)
            return None
        if self.table.clock.now() < since + timedelta(seconds=self.times.hearing):  # it may still be on its way
            return None
        return Silence(project, since, is_new=not row.values.get("known"))

    def _forget(self, connection: str, row: tables.Row) -> None:
        with suppress(RowChangedError):
            self.table.write(connection, tables.delete(row.key, row.etag))

    def _is_due(self, connection: str, key: str) -> bool:
        written = self._written.get((connection, key), float("-inf"))
        return self.monotonic() - written >= self.times.hearing


def _moment(row: tables.Row) -> datetime:
    at = row.values["at"]
    if not isinstance(at, datetime):
        raise TypeError("the row holds something else where a time belongs")
    return at

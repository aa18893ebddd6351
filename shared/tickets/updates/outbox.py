"""Sends the history of tickets to the queue `ticket-updates`: at least once, each ticket's in order.

The outbox row is deleted only as long as it is the one whose history was sent; consumers keep the highest
sequence of each ticket.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from shared.storage import tables
from shared.storage.queues import Queue
from shared.storage.tables import RowChangedError, Table
from shared.tickets.rows import keys
from shared.tickets.updates.journal import Unsent

_THREADS = 4
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Outbox:
    """The sender."""

    table: Table
    updates: Queue

    def send_all(self, connection: str, unsent: Iterable[Unsent]) -> None:
        """Send what was just written; different tickets in parallel."""
        todo = list(unsent)
        if len(todo) == 1:
            self._send(connection, todo[0])
        elif todo:
            with ThreadPoolExecutor(_THREADS) as threads:
                list(threads.map(lambda one: self._send(connection, one), todo))

    def send_forgotten(self, connection: str, *, older_than: float) -> None:
        """Send what a process that died left behind. `older_than`: seconds."""
        limit = self.table.clock.now() - timedelta(seconds=older_than)
        prefix = keys.outbox_row("")
        rows = [row for row in self.table.range(connection, prefix, prefix + keys.AFTER_ALL) if row.written_at < limit]
        self.send_all(connection, [Unsent(row.key.removeprefix(prefix), 0, "", ()) for row in rows])

    def _send(self, connection: str, unsent: Unsent) -> None:
        for _ in range(_TRIES):
            if not unsent.etag:
                found = self._read(connection, unsent.ticket)
                if found is None:
                    return
                unsent = found
            for message in unsent.messages:
                self.updates.send_text(message)
            try:
                self.table.write(connection, tables.delete(keys.outbox_row(unsent.ticket), unsent.etag))
            except RowChangedError:  # more history came, or another sender was faster
                unsent = Unsent(unsent.ticket, 0, "", ())
            else:
                return

    def _read(self, connection: str, ticket: str) -> Unsent | None:
        row = self.table.get(connection, keys.outbox_row(ticket))
        if row is None:
            return None
        since = int(str(row.values["since"]))
        history = self.table.range(connection, *keys.history_rows(ticket, since))
        return Unsent(ticket, since, row.etag, tuple(str(entry.values["message"]) for entry in history))

"""Sends the history of tickets to the queue `ticket-updates`: at least once, each ticket's in order.

The outbox row is deleted only as long as it is the one whose history was sent; consumers keep the highest
sequence of each ticket.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import batched

from shared.storage import tables
from shared.storage.queues import Queue
from shared.storage.sizes import MAX_OPERATIONS
from shared.storage.tables import Operation, RowChangedError, Table
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
            self._send_many(connection, todo)

    def _send_many(self, connection: str, todo: Sequence[Unsent]) -> None:
        """What was sent leaves the outbox together, also beside what could not be sent."""
        with ThreadPoolExecutor(_THREADS) as threads:
            ends = [threads.submit(self._put, connection, one) for one in todo]
        errors = [error for end in ends if (error := end.exception())]
        sent = [found for end in ends if not end.exception() and (found := end.result())]
        for part in batched(sent, MAX_OPERATIONS, strict=False):
            self._end_many(connection, part)
        if errors:
            raise errors[0]

    def _end_many(self, connection: str, sent: Sequence[Unsent]) -> None:
        try:
            self.table.transact(connection, [_end_of(one) for one in sent])
        except RowChangedError:  # of one of them: which, each says by itself
            for one in sent:
                if not self._ended(connection, one):
                    self._send(connection, Unsent(one.ticket, 0, "", ()))

    def send_forgotten(self, connection: str, *, older_than: float) -> None:
        """Send what a process that died left behind. `older_than`: seconds."""
        limit = self.table.clock.now() - timedelta(seconds=older_than)
        prefix = keys.outbox_row("")
        rows = [row for row in self.table.range(connection, prefix, prefix + keys.AFTER_ALL) if row.written_at < limit]
        self.send_all(connection, [Unsent(row.key.removeprefix(prefix), 0, "", ()) for row in rows])

    def _send(self, connection: str, unsent: Unsent) -> None:
        for _ in range(_TRIES):
            sent = self._put(connection, unsent)
            if sent is None or self._ended(connection, sent):
                return
            unsent = Unsent(unsent.ticket, 0, "", ())

    def _put(self, connection: str, unsent: Unsent) -> Unsent | None:
        """Send a ticket's messages and return what was sent, None where there was nothing to send."""
        found = unsent if unsent.etag else self._read(connection, unsent.ticket)
        for message in found.messages if found else ():
            self.updates.send_text(message)
        return found

    def _ended(self, connection: str, sent: Unsent) -> bool:
        """Take what was sent out of the outbox; False if more history came, or another sender was faster."""
        try:
            self.table.write(connection, _end_of(sent))
        except RowChangedError:
            return False
        return True

    def _read(self, connection: str, ticket: str) -> Unsent | None:
        row = self.table.get(connection, keys.outbox_row(ticket))
        if row is None:
            return None
        since = int(str(row.values["since"]))
        history = self.table.range(connection, *keys.history_rows(ticket, since))
        return Unsent(ticket, since, row.etag, tuple(str(entry.values["message"]) for entry in history))


def _end_of(sent: Unsent) -> Operation:
    return tables.delete(keys.outbox_row(sent.ticket), sent.etag)

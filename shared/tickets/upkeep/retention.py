"""Forgets what was kept long enough: the history of closed tickets, and failed messages. Names in them are people's.

A ticket keeps the number of its last history entry, so that its sequence goes on where it was; what was not sent yet
is never removed.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import batched, groupby
from typing import Any

from shared.connections.store import ConnectionStore
from shared.storage import tables
from shared.storage.queues import Queue
from shared.storage.sizes import MAX_OPERATIONS
from shared.storage.tables import ANY, Row, RowChangedError, Table
from shared.tickets.failed_messages.store import FailedMessages
from shared.tickets.rows import keys
from shared.tickets.rows.records import Stored, TicketStatus
from shared.tickets.rows.ticket_rows import read_ticket, ticket_values
from shared.times import Times

SCHEMA = 1
HISTORY = "forget_history"
FAILED_MESSAGES = "forget_failed_messages"
ROUNDS = frozenset({HISTORY, FAILED_MESSAGES})
_OVER = frozenset({TicketStatus.CLOSED, TicketStatus.DELETED, TicketStatus.DETACHED})


@dataclass(frozen=True, slots=True)
class Keep:
    """For how many days; 0 is for ever."""

    history: int
    failed_messages: int


@dataclass(frozen=True, slots=True)
class Retention:
    """The use case behind the timer, and its rounds: one for each connection, one for failed messages."""

    table: Table
    connections: ConnectionStore
    failed_messages: FailedMessages
    queue: Queue
    keep: Keep
    times: Times

    def start(self) -> None:
        """Ask for the rounds; those of connections that are deleted, too, for their tickets are kept."""
        if self.keep.history:
            for connection in self.connections.with_tickets():
                self._ask(HISTORY, connection=connection.name)
        if self.keep.failed_messages:
            self._ask(FAILED_MESSAGES)

    def run(self, message: Mapping[str, Any]) -> None:
        """Do what a message asks for, as far as there is time, and ask for the rest. Done twice, it changes nothing."""
        end = time.monotonic() + self.times.drain
        if message["round"] == HISTORY and self.keep.history:
            self._forget_history(str(message["connection"]), str(message.get("after", "")), end)
        elif message["round"] == FAILED_MESSAGES and self.keep.failed_messages:
            self._forget_failed_messages(end)

    def _forget_history(self, connection: str, after: str, end: float) -> None:
        limit = self.table.clock.now() - timedelta(days=self.keep.history)
        for ticket, entries in groupby(self._entries(connection, after, limit), key=_ticket):
            rows = list(entries)
            over = self._over(connection, ticket, limit)
            if over:
                self._forget(connection, over, rows)
            if time.monotonic() > end:
                self._ask(HISTORY, connection=connection, after=ticket)
                return

    def _entries(self, connection: str, after: str, limit: datetime) -> Iterator[Row]:
        start = keys.history_rows(after)[1] if after else "h|"
        return self.table.range(
            connection,
            start,
            "h|" + keys.AFTER_ALL,
            where="Timestamp lt @limit",
            parameters={"limit": limit},
            select=("schema",),
        )

    def _over(self, connection: str, ticket: str, limit: datetime) -> Stored | None:
        """Return a ticket that was closed for good that long ago, if all that its history says was sent."""
        row = self.table.get(connection, keys.ticket_row(ticket))
        found = read_ticket(row) if row else None
        if found is None or found.ticket.status not in _OVER or found.ticket.changed_at >= limit:
            return None
        return None if self.table.get(connection, keys.outbox_row(ticket)) else found

    def _forget(self, connection: str, over: Stored, history: Sequence[Row]) -> None:
        """Remove a ticket's history, but first the last name in the ticket: without a history it is not found again."""
        named = over.ticket.work_item
        nobody = replace(over.ticket, work_item=replace(named, assigned_to=""))
        try:
            if named.assigned_to:
                self.table.write(connection, tables.merge(keys.ticket_row(over.key), ticket_values(nobody), over.etag))
            for part in batched(history, MAX_OPERATIONS, strict=False):
                self.table.transact(connection, [tables.delete(row.key, ANY) for row in part])
        except RowChangedError:  # another process is at it; what it leaves is found the next time
            return

    def _forget_failed_messages(self, end: float) -> None:
        limit = self.table.clock.now() - timedelta(days=self.keep.failed_messages)
        for failed_id in self.failed_messages.sent_before(limit):
            self.failed_messages.remove(failed_id)
            if time.monotonic() > end:
                self._ask(FAILED_MESSAGES)
                return

    def _ask(self, what: str, **more: str) -> None:
        self.queue.send({"schema": SCHEMA, "round": what, **more})


def _ticket(row: Row) -> str:
    return row.key.split("|")[1]

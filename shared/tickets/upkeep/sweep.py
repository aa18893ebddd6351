"""Finds what a process that died forgot: pending tickets without a wake-up, history that was not sent.

The timer does so for the first thousand connections itself, and puts one message on the queue `ticket-work` for each
further thousand: one invocation for all of them would in the end take longer than a function may.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from shared.connections.models import Connection
from shared.connections.store import ConnectionStore
from shared.storage.queues import Queue
from shared.storage.tables import Row, Table
from shared.tickets.imports.taking_back import TakeBack
from shared.tickets.lanes.health import Health
from shared.tickets.lanes.wake_ups import WakeUps
from shared.tickets.link_changes.departures import Departures
from shared.tickets.rows import keys
from shared.tickets.updates.outbox import Outbox
from shared.times import Times

log = logging.getLogger(__name__)
SCHEMA = 1
ROUND = "sweep"
AT_ONCE = 1000
"""Connections: what one request reads of their table."""
_KEPT = 600
"""Seconds; while nobody takes such messages, ten of each wait at most."""
_ENOUGH = 1000
"""Due rows, one page: with so many, all lanes may have some."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """The use case behind the timer."""

    table: Table
    queue: Queue
    connections: ConnectionStore
    health: Health
    wake_ups: WakeUps
    outbox: Outbox
    departures: Departures
    take_back: TakeBack
    times: Times

    def __call__(self) -> None:
        """Wake every lane in which something is due, and send what was left unsent.

        Raises `TransientError` when connections cannot be read.
        """
        try:
            self._all()
        finally:
            self._carry_on()

    def run(self, message: Mapping[str, Any]) -> None:
        """Sweep the connections that a message of `_all` stands for."""
        for connection in islice(self.connections.all(str(message["after"])), AT_ONCE):
            self._one(connection)

    def _all(self) -> None:
        last = ""
        for number, connection in enumerate(self.connections.all()):
            if number < AT_ONCE:
                self._one(connection)
            elif number % AT_ONCE == 0:
                # The version before looks for a connection, and there is none without a name.
                message = {"schema": SCHEMA, "connection": "", "round": ROUND, "after": last}
                self.queue.send(message, kept=_KEPT)
            last = connection.name

    def _carry_on(self) -> None:
        for carry_on in (self.departures.carry_on, self.take_back.carry_on):
            try:
                carry_on()
            except Exception:
                log.exception("not carried on")

    def _one(self, connection: Connection) -> None:
        try:
            self._sweep(connection)
        except Exception:  # what is wrong with one connection must not keep the others from being swept
            log.exception("sweep failed", extra={"connection": connection.name})

    def _sweep(self, connection: Connection) -> None:
        if connection.may_write and not self.health.of(connection.name).paused_for:
            self.wake(connection.name)
        self.outbox.send_forgotten(connection.name, older_than=self.times.retry)

    def wake(self, connection: str) -> None:
        """Wake the lanes of a connection in which something is due."""
        prefix = keys.pending_rows()
        due = list(
            self.table.range(
                connection,
                prefix,
                prefix + keys.AFTER_ALL,
                where="due le @now",
                parameters={"now": self.table.clock.now()},
                select=("due",),
                limit=_ENOUGH,
            )
        )
        self._tell_overdue(connection, due)
        lanes = {keys.lane_of(keys.ticket_of_pending(row.key)) for row in due}
        for lane in range(keys.LANES) if len(due) == _ENOUGH else sorted(lanes):
            self.wake_ups.send(connection, lane)

    def _tell_overdue(self, connection: str, due: Sequence[Row]) -> None:
        """Azure's alert rules look for this line: infra/alerts.bicep."""
        since = min(map(_since, due), default=self.table.clock.now())
        seconds = (self.table.clock.now() - since).total_seconds()
        if seconds > self.times.overdue:
            log.warning("overdue: a ticket of connection %s has waited for a worker for %d s", connection, seconds)


def _since(row: Row) -> datetime:
    """Since when it waits: what is due at once says no time."""
    due = row.values.get("due")
    return max(row.written_at, due) if isinstance(due, datetime) else row.written_at

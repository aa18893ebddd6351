"""Plans again what was held back, once the reason for it may be gone: a round of a connection, by message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.connections.store import ConnectionStore
from shared.storage.queues import Queue
from shared.storage.tables import Table
from shared.tickets.lanes.pending import due_at_once, write_each
from shared.tickets.lanes.wake_ups import WakeUps
from shared.tickets.rows import keys
from shared.tickets.rows.records import Hold

ROUND = "release"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Release:
    """The use case: asked for by whoever removes the reason, carried out from the queue `ticket-work`."""

    table: Table
    connections: ConnectionStore
    queue: Queue
    wake_ups: WakeUps

    def everywhere(self, *holds: Hold) -> None:
        """Ask for it for every connection. Raises `TransientError`: then it has to be asked for again."""
        for connection in self.connections.all():
            self.of(connection.name, *holds)

    def of(self, connection: str, *holds: Hold) -> None:
        """Ask for it for one connection."""
        self.queue.send({"schema": SCHEMA, "connection": connection, "round": ROUND, "holds": list(holds)})

    def run(self, message: Mapping[str, Any]) -> None:
        """Make due what a message asks for, and wake its lanes."""
        connection = str(message["connection"])
        for hold in message["holds"]:
            found = held_tickets(self.table, connection, Hold(hold))
            write_each(self.table, connection, [due_at_once(ticket, asked=True) for ticket in found])
            for lane in sorted({keys.lane_of(ticket) for ticket in found}):
                self.wake_ups.send(connection, lane)


def held_tickets(table: Table, connection: str, hold: Hold, asset: str = "") -> Sequence[str]:
    """Return the tickets of a connection, or of an asset's key, that are held back for a reason."""
    prefix = keys.ticket_row(asset)
    rows = table.range(
        connection,
        prefix,
        prefix + keys.AFTER_ALL,
        where="held eq @held",
        parameters={"held": hold.value},
        select=("held",),
    )
    return [row.key.removeprefix(prefix[:2]) for row in rows]

"""Tries again what failed: one ticket because a person asks for it, or an asset's because its link was mended."""

from dataclasses import dataclass
from typing import Any

from shared.storage.tables import Table
from shared.tickets import keys, views
from shared.tickets.pending import due_at_once
from shared.tickets.reading import ReadTickets
from shared.tickets.records import TicketStatus
from shared.tickets.wake_ups import WakeUps


@dataclass(frozen=True, slots=True)
class Retry:
    """The use cases behind `POST /tickets/{ticket}/retry` and the saving of a link."""

    table: Table
    tickets: ReadTickets
    wake_ups: WakeUps

    def one(self, ticket_id: str) -> dict[str, Any]:
        """Let a ticket be worked on again at once and return it. Raises `NotFoundError`."""
        connection, key = keys.parse_public_id(ticket_id)
        found = self.tickets.ticket(connection, key)
        self._again(connection, key)
        return views.view(connection, key, found)

    def failed_of(self, connection: str, kind: str, asset: str) -> None:
        """Let every failed ticket of an asset be worked on again."""
        prefix = keys.ticket_row(keys.asset_key(kind, asset))
        failed = self.table.range(
            connection,
            prefix,
            prefix + keys.AFTER_ALL,
            where="status eq @status",
            parameters={"status": TicketStatus.FAILED.value},
            select=("status",),
        )
        for row in failed:
            self._again(connection, row.key.removeprefix("t|"))

    def _again(self, connection: str, key: str) -> None:
        self.table.write(connection, due_at_once(key, asked=True))
        self.wake_ups.send(connection, keys.lane_of(key))

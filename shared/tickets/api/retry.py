"""Tries again: one ticket because a person asks for it, or an asset's because its link was saved."""

from dataclasses import dataclass

from shared.errors import ConflictError
from shared.links.models import LinkState
from shared.links.store import LinkStore
from shared.storage.tables import Table
from shared.tickets.api.reading import ReadTickets
from shared.tickets.holds.release import held_tickets
from shared.tickets.lanes.pending import due_at_once
from shared.tickets.lanes.wake_ups import WakeUps
from shared.tickets.life import views
from shared.tickets.life.transitions import attached, wanted
from shared.tickets.rows import keys
from shared.tickets.rows.records import WITHDRAWN, Hold, Stored, Ticket, TicketStatus
from shared.tickets.updates.journal import SELF, Change, Journal
from shared.tickets.updates.outbox import Outbox


@dataclass(frozen=True, slots=True)
class Retry:
    """The use cases behind `POST /tickets/{ticket}/retry` and the saving of a link."""

    table: Table
    tickets: ReadTickets
    links: LinkStore
    journal: Journal
    outbox: Outbox
    wake_ups: WakeUps

    def one(self, ticket_id: str) -> views.TicketView:
        """Let a ticket be worked on again at once and return it; a detached one is attached again.

        One that has no work item gets it although a filter or the daily cap holds it back.

        Raises `NotFoundError`, and `ConflictError` when it is detached and its asset is not linked to its connection,
        or its import was taken back.
        """
        connection, key = keys.parse_public_id(ticket_id)
        found = self.tickets.ticket(connection, key)
        if found.detached:
            self._attach(connection, key, found)
            found = self.tickets.ticket(connection, key)
        if found.waiting_for:
            self._write(connection, Change(Stored(key, found), wanted, change="", by=""))
        self._again(connection, key)
        return views.view(connection, key, found)

    def all_of(self, connection: str, kind: str, asset: str) -> None:
        """Let every ticket of an asset that failed or waits be worked on again; a filter may let it pass now."""
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
        key = keys.asset_key(kind, asset)
        for ticket in {*self._waiting(connection, key), *held_tickets(self.table, connection, Hold.FILTER, key)}:
            self._again(connection, ticket)

    def _waiting(self, connection: str, asset: str) -> list[str]:
        """The tickets of an asset that were put off."""
        prefixes = (keys.pending_rows(lane) + asset for lane in range(keys.LANES))
        now = self.table.clock.now()
        return [
            keys.ticket_of_pending(row.key)
            for prefix in prefixes
            for row in self.table.range(
                connection,
                prefix,
                prefix + keys.AFTER_ALL,
                where="due gt @now",
                parameters={"now": now},
                select=("due",),
            )
        ]

    def _attach(self, connection: str, key: str, ticket: Ticket) -> None:
        refuse_unless_attachable(self.links, connection, ticket)
        self._write(connection, Change(Stored(key, ticket), attached, change="attached", by=SELF, due=True))

    def _write(self, connection: str, change: Change) -> None:
        """Write a change of a ticket that was read without its etag: the journal reads it again."""
        self.outbox.send_all(connection, self.journal.write(connection, [change]))

    def _again(self, connection: str, key: str) -> None:
        self.table.write(connection, due_at_once(key, asked=True))
        self.wake_ups.send(connection, keys.lane_of(key))


def refuse_unless_attachable(links: LinkStore, connection: str, ticket: Ticket) -> None:
    """Raise `ConflictError` if a detached ticket cannot be worked on again."""
    if ticket.detached == WITHDRAWN:
        raise ConflictError(
            "The ticket's import was taken back: nothing says any more what it should be.",
            hint="Send its snapshot, or the report that has it, again.",
            status=409,
        )
    link = links.find(ticket.kind, ticket.asset)
    if link is None or link.at(connection) is None or link.state is LinkState.DELETING:
        raise ConflictError(
            f"The ticket is detached: {ticket.kind} {ticket.asset} is not linked to the connection {connection}.",
            hint="Link it there again, then retry.",
            status=409,
        )

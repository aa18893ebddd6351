"""Whose a work item is that we do not know: its hyperlink names the ticket and the attempt that made it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.azure_devops.work_items import WorkItem
from shared.storage.tables import Table
from shared.tickets.life.transitions import Made, created, observed, refer
from shared.tickets.rows import keys
from shared.tickets.rows.records import Stored, Ticket
from shared.tickets.rows.ticket_rows import read_ticket
from shared.tickets.updates.journal import Change
from shared.tickets.work_items.look_ups import marks


@dataclass(frozen=True, slots=True)
class Claim:
    """A work item that carries a ticket of ours."""

    stored: Stored
    item: WorkItem
    nonce: str
    deleted: bool = False

    def change(self, category: str, first: Mapping[str, Any], by: str) -> Change:
        """Return the change by which the ticket takes the item: as its own, or as a duplicate to be removed.

        `first`: what the item said when it was made.
        """
        made = Made(self.item, category, self.nonce, first)

        def apply(ticket: Ticket) -> Ticket:
            taken = created(ticket, made)
            return observed(taken, refer(self.item, category, deleted=self.deleted))

        return Change(self.stored, apply, "created", by, due=True)


def claims(table: Table, connection: str, item: WorkItem) -> Iterator[Claim]:
    """Yield the tickets of a connection that an item carries, those that have a row."""
    for ticket_id, nonce in marks(item):
        owner, _, key = ticket_id.rpartition(".")
        row = table.get(connection, keys.ticket_row(key)) if owner == connection else None
        if row:
            yield Claim(read_ticket(row), item, nonce)

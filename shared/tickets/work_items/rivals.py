"""Whether a work item tracks a ticket already: one that is to be linked must not be another one's."""

from collections.abc import Mapping

from shared.azure_devops.work_items import WorkItem
from shared.storage.tables import Table
from shared.tickets.item_content.work_item_fields import parse_hyperlink
from shared.tickets.life.attempts import generation_of
from shared.tickets.rows import keys
from shared.tickets.rows.records import Ticket
from shared.tickets.rows.ticket_rows import read_ticket
from shared.tickets.work_items.look_ups import marks


def marks_of(item: WorkItem, ticket_id: str) -> Mapping[int, str]:
    """Return the nonces by which an item carries a ticket, by their places among the item's relations."""
    found = ((place, parse_hyperlink(url)) for place, url in enumerate(item.relations))
    return {place: mark[1] for place, mark in found if mark and mark[0] == ticket_id}


def rival(table: Table, connection: str, item: WorkItem, key: str) -> str:
    """Return the id of another ticket than `key` that an item tracks, by our rows or by its hyperlinks; or nothing.

    A mark that a ticket of ours left behind, because it has another work item by now, does not count. One of another
    connection or installation does: nobody here can tell.
    """
    row = table.get(connection, keys.work_item_row(item.id))
    owner = str(row.values["ticket"]) if row else key
    if owner != key and (ticket := _ticket(table, connection, owner)) and _has(ticket, item.id):
        return keys.public_id(connection, owner)
    own = keys.public_id(connection, key)
    others = (mark for mark in marks(item) if mark[0] != own)
    return next((name for name, nonce in others if not _is_left(table, connection, name, nonce)), "")


def _is_left(table: Table, connection: str, ticket_id: str, nonce: str) -> bool:
    owner, _, key = ticket_id.rpartition(".")
    ticket = _ticket(table, connection, key) if owner == connection else None
    return ticket is not None and generation_of(nonce) < ticket.generation


def _has(ticket: Ticket, item: int) -> bool:
    return item in (ticket.work_item.id, ticket.linking, *ticket.duplicates)


def _ticket(table: Table, connection: str, key: str) -> Ticket | None:
    row = table.get(connection, keys.ticket_row(key))
    return read_ticket(row).ticket if row else None

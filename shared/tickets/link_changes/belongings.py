"""All tickets of an asset, or of a connection, with those that no worker has seen yet."""

from collections.abc import Iterator

from shared.storage.tables import Table
from shared.tickets.life.transitions import begun
from shared.tickets.rows import keys
from shared.tickets.rows.members import members_of
from shared.tickets.rows.records import Stored, TicketStatus
from shared.tickets.rows.ticket_rows import read_ticket

_GONE = (TicketStatus.DETACHED, TicketStatus.CLOSED, TicketStatus.DELETED)


def worked_on(table: Table, connection: str, asset: str = "") -> Iterator[Stored]:
    """Yield the tickets that are not detached, of an asset (by its key) or of all."""
    rows = table.range(
        connection,
        f"t|{asset}",
        f"t|{asset}{keys.AFTER_ALL}",
        where="status ne @detached",
        parameters={"detached": TicketStatus.DETACHED.value},
    )
    yield from (read_ticket(row) for row in rows)
    for key in sorted(_unseen(table, connection, asset)):
        members = members_of(table, connection, key)
        if members.snapshots:
            yield Stored(key, begun(members))


def count_open(table: Table, connection: str, asset: str) -> int:
    """Count the tickets of an asset that a person would say are open."""
    return sum(stored.ticket.status not in _GONE for stored in worked_on(table, connection, asset))


def has_any(table: Table, connection: str, asset: str = "") -> bool:
    """Whether an asset (by its key), or any, ever had a ticket in a connection."""
    starts = (f"{kind}|{asset}" for kind in ("v", "t"))
    return any(row for start in starts for row in table.range(connection, start, start + keys.AFTER_ALL, limit=1))


def _unseen(table: Table, connection: str, asset: str) -> set[str]:
    seen = table.range(connection, f"t|{asset}", f"t|{asset}{keys.AFTER_ALL}", select=("schema",))
    sent = table.range(connection, f"v|{asset}", f"v|{asset}{keys.AFTER_ALL}", select=("ticket",))
    return {str(row.values["ticket"]) for row in sent} - {keys.ticket_of_row(row.key) for row in seen}

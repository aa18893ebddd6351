"""What is known of the tickets that are due in a lane: the rows of each, or nothing of one that cannot be read."""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.errors import TransientError
from shared.storage import tables
from shared.storage.tables import Row, RowChangedError
from shared.tickets.lanes.pending import cause
from shared.tickets.life.transitions import begun
from shared.tickets.rows import keys
from shared.tickets.rows.members import members_beside
from shared.tickets.rows.nearby import Nearby
from shared.tickets.rows.records import Stored, Ticket
from shared.tickets.rows.ticket_rows import read_ticket
from shared.tickets.vulnerabilities.snapshots import Vulnerability
from shared.tickets.work.lane import Lane
from shared.tickets.work.withdrawing import Withdrawal

log = logging.getLogger(__name__)
_THREADS = 4  # eight lanes of one connection must leave something of the process to the others


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the rows of a ticket that is due hold. `is_adopted`: its work item is known, and of what it tracks nothing
    ever came."""

    row: Row
    stored: Stored
    members: Sequence[Vulnerability]
    withdrawn: Sequence[Row]
    first_seen: Mapping[str, datetime] = field(default_factory=dict)
    is_adopted: bool = False

    @property
    def is_new(self) -> bool:
        """Whether it is to have a work item that it has not."""
        return bool(self.members) and not (self.stored.ticket.work_item.id or self.stored.ticket.leaving)

    @property
    def asset(self) -> tuple[str, str]:
        """Kind and id; a ticket that was adopted may learn them from its first snapshot only."""
        if self.members:
            return self.members[0].asset.kind, self.members[0].asset.id
        return self.stored.ticket.kind, self.stored.ticket.asset

    @property
    def withdrawal(self) -> Withdrawal | None:
        """What is to be taken back now: a ticket all of whose snapshots were withdrawn."""
        one = Withdrawal(self.row, self.stored, self.withdrawn)
        return one if self.withdrawn and not self.members and one.is_settled else None


def load(lane: Lane, rows: Sequence[Row]) -> list[Loaded]:
    """Read what is known of the tickets of pending rows.

    A large group takes long: what was not begun in time is left for the next round.
    """
    end = lane.tools.leases.monotonic() + lane.tools.times.planning
    nearby = Nearby(lane.tools.table, lane.connection.name)
    tickets = [keys.ticket_of_pending(row.key) for row in rows]
    nearby.read_ahead(map(keys.snapshot_of, tickets))
    nearby.read_ahead(map(keys.ticket_row, tickets))

    def one(row: Row) -> Loaded | None:
        return _guarded(lane, row, nearby) if lane.tools.leases.monotonic() <= end else None

    with ThreadPoolExecutor(_THREADS) as threads:
        return [found for found in threads.map(one, rows) if found]


def _guarded(lane: Lane, row: Row, nearby: Nearby) -> Loaded | None:
    """One row that cannot be read must not hold up the rest of its lane for ever."""
    try:
        return _load(lane, row, nearby)
    except TransientError:
        raise
    except Exception:
        log.exception("a ticket cannot be read", extra={"connection": lane.connection.name, "row": row.key})
        lane.postpone(row)
        return None


def _load(lane: Lane, row: Row, nearby: Nearby) -> Loaded | None:
    table, connection, key = lane.tools.table, lane.connection.name, keys.ticket_of_pending(row.key)
    members = members_beside(table, connection, key, nearby.get(keys.snapshot_of(key)))
    found = nearby.get(keys.ticket_row(key))
    stored = read_ticket(found) if found else None
    is_known = bool(members.snapshots or members.withdrawn or (members.since and stored))
    # Of an adopted item nobody knows what it should say until its snapshot comes, and wakes us; and who left a
    # group before it had a row left nothing behind.
    if not (is_known or (stored and _is_asked_for(stored.ticket))):
        with suppress(RowChangedError):
            table.write(connection, tables.delete(row.key, row.etag))
        return None
    stored = replace(stored or Stored(key, begun(members)), cause=cause(row))
    return Loaded(row, stored, members.snapshots, members.withdrawn, members.first_seen, is_adopted=not is_known)


def _is_asked_for(ticket: Ticket) -> bool:
    """Whether there is something to do for a ticket whatever its vulnerabilities are."""
    if ticket.detached:
        return False
    return bool(ticket.linking or ticket.unlinking or ticket.leaving or ticket.duplicates or ticket.attempt)

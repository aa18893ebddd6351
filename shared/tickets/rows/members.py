"""The members of a ticket: the newest snapshot of each vulnerability that it tracks.

A snapshot lies in the `v|` row of its vulnerability, which says to which ticket it belongs. A ticket without grouping
has the name of its one `v|` row. A group has an `m|` row for each vulnerability that ever belonged to it: an index,
of which the `v|` rows say what still holds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.storage.tables import Row, Table
from shared.tickets.rows import keys
from shared.tickets.rows.arrivals import first_seen, read_vulnerability
from shared.tickets.vulnerabilities import origins
from shared.tickets.vulnerabilities.snapshots import Vulnerability
from shared.tickets.vulnerabilities.together import in_order

_FEW = 20
"""So many rows are read one by one; more are looked for among all of the asset."""


@dataclass(frozen=True, slots=True)
class Members:
    """The snapshots in order, and the rows of those whose import is taken back.

    `since`: when the first of their rows was written, None if none ever was. A ticket that had members and has none any
    more has nothing to track.
    """

    snapshots: tuple[Vulnerability, ...] = ()
    withdrawn: tuple[Row, ...] = ()
    since: datetime | None = None
    first_seen: Mapping[str, datetime] = field(default_factory=dict)
    """The earliest moment for which each vulnerability was told, by its id."""


def members_of(table: Table, connection: str, ticket: str) -> Members:
    """Read a ticket's members: one point read for a ticket without grouping, its index and its rows for a group."""
    return members_beside(table, connection, ticket, table.get(connection, keys.snapshot_of(ticket)))


def members_beside(table: Table, connection: str, ticket: str, own: Row | None) -> Members:
    """Read the members of a ticket whose `own` `v|` row, if it is one without grouping, was read."""
    if own is not None:
        return _members([own], ticket, own.written_at)
    prefix = keys.member_rows(ticket)
    index = list(table.range(connection, prefix, prefix + keys.AFTER_ALL, select=("schema",)))
    since = min((row.written_at for row in index), default=None)
    return _members(_rows(table, connection, ticket, index), ticket, since)


def _rows(table: Table, connection: str, ticket: str, index: Sequence[Row]) -> Iterator[Row]:
    if len(index) > _FEW:
        prefix = keys.snapshots_beside(ticket)
        parameters = {"ticket": ticket}
        yield from table.range(
            connection, prefix, prefix + keys.AFTER_ALL, where="ticket eq @ticket", parameters=parameters
        )
        return
    for row in index:
        found = table.get(connection, keys.snapshot_of_member(row.key))
        if found:
            yield found


def _members(rows: Iterator[Row] | Sequence[Row], ticket: str, since: datetime | None) -> Members:
    here = [row for row in rows if row.values["ticket"] == ticket]
    withdrawn = tuple(row for row in here if origins.is_withdrawn(row))
    staying = {row.key: read_vulnerability(row) for row in here if row not in withdrawn}
    seen = {staying[row.key].id: first_seen(row) for row in here if row.key in staying}
    return Members(tuple(in_order(staying.values())), withdrawn, since, seen)

"""The members of a ticket: the newest snapshot of each vulnerability that it tracks.

A vulnerability by itself has its snapshot in its `v|` row. That of a member of a group lies in an `m|` row of the
group, so that one range read finds all; its `v|` row only says which ticket it belongs to. A member that left for
another ticket leaves a mark behind, which tells a group without members from an item that was adopted, of which
nobody knows yet what it should say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shared.storage.tables import Row, Table, Value
from shared.tickets import keys
from shared.tickets.arrivals import read_vulnerability
from shared.tickets.snapshots import Severity, Status, Vulnerability

_SEVERITIES = list(Severity)
LEFT: dict[str, Value] = {"schema": 1, "left": True}
"""The row of a member that belongs to another ticket now."""


@dataclass(frozen=True, slots=True)
class Members:
    """The snapshots, those that still count first, the worst of them first.

    `since`: when the first of their rows was written, None if none ever was. A ticket that had members and has none any
    more has nothing to track.
    """

    snapshots: tuple[Vulnerability, ...] = ()
    since: datetime | None = None


def members_of(table: Table, connection: str, ticket: str) -> Members:
    """Read a ticket's members: one point read for a ticket without grouping, one range read more for a group."""
    own = table.get(connection, keys.snapshot_of(ticket))
    if own is not None:
        return by_itself(own)
    prefix = keys.member_rows(ticket)
    rows = list(table.range(connection, prefix, prefix + keys.AFTER_ALL))
    here = (read_vulnerability(row) for row in rows if not row.values.get("left"))
    return Members(tuple(in_order(here)), min((row.written_at for row in rows), default=None))


def by_itself(row: Row) -> Members:
    """Return the one member of the ticket that a `v|` row has the name of: none if it belongs to a group."""
    is_here = keys.snapshot_of(str(row.values["ticket"])) == row.key
    return Members((read_vulnerability(row),) if is_here else (), row.written_at)


def in_order(snapshots: Iterable[Vulnerability]) -> list[Vulnerability]:
    """Return snapshots in the order in which a person should look at them; always the same."""
    return sorted(snapshots, key=_urgency)


def counting(snapshots: Sequence[Vulnerability]) -> Sequence[Vulnerability]:
    """Return those that are open, or all where none is: they say how bad it is, or was."""
    return [snapshot for snapshot in snapshots if snapshot.status is Status.OPEN] or snapshots


def worst(snapshots: Sequence[Vulnerability]) -> Severity:
    """Return the worst severity of those that count; `snapshots` is not empty."""
    return min((snapshot.severity for snapshot in counting(snapshots)), key=_SEVERITIES.index)


def earliest_due(snapshots: Sequence[Vulnerability]) -> date | None:
    """Return the earliest day on which one that counts is due."""
    return min((snapshot.due for snapshot in counting(snapshots) if snapshot.due), default=None)


def _urgency(snapshot: Vulnerability) -> tuple[bool, int, date, str]:
    return (
        snapshot.status is not Status.OPEN,
        _SEVERITIES.index(snapshot.severity),
        snapshot.due or date.max,
        snapshot.id,
    )

"""Reads tickets for the API: one by its id, or pages of them."""

import heapq
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any, TypedDict

from shared.connections.store import ConnectionStore
from shared.errors import NotFoundError
from shared.shown import Moment
from shared.storage.tables import Row, Table
from shared.tickets.life import views
from shared.tickets.life.transitions import begun
from shared.tickets.rows import keys
from shared.tickets.rows.members import by_itself, members_of
from shared.tickets.rows.records import Ticket, TicketStatus
from shared.tickets.rows.ticket_rows import read_ticket

PAGE = 100


class BriefView(TypedDict):
    """A ticket at one moment; `state` and `revision` are its work item's, null where it had none."""

    status: TicketStatus
    state: str | None
    revision: int | None


EntryView = TypedDict(
    "EntryView",
    {
        "sequence": int,
        "at": Moment,
        "by": str,
        "change": str,
        "from": BriefView | None,
        "to": BriefView,
        "comment": views.CommentView | None,
    },
)
"""One change of a ticket; `from` is null for its first, `comment` for all but what people wrote."""


class TicketWithHistory(views.TicketView):
    """A ticket with everything that happened to it, the earliest first."""

    history: list[EntryView]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which tickets are wanted; empty fields do not restrict."""

    kind: str = ""
    asset: str = ""
    status: str = ""
    waiting_for: str = ""
    connection: str = ""


@dataclass(frozen=True, slots=True)
class ReadTickets:
    """The use cases behind `GET /tickets` and `GET /tickets/{ticket}`."""

    table: Table
    connections: ConnectionStore

    def one(self, ticket_id: str) -> TicketWithHistory:
        """Return a ticket with its history. Raises `NotFoundError`."""
        connection, key = keys.parse_public_id(ticket_id)
        found = self.ticket(connection, key)
        rows = self.table.range(connection, *keys.history_rows(key))
        shown = views.view(connection, key, found)
        if found.vulnerability_count > len(found.vulnerabilities):  # the row has the first ones
            members = members_of(self.table, connection, key)
            shown["vulnerabilities"] = [member.id for member in members.snapshots]
        return {**shown, "history": [_entry(row) for row in rows]}

    def page(self, wanted: Filter, after: str, size: int = PAGE) -> tuple[list[views.TicketView], str]:
        """Return tickets in the order of their ids, those after one, and the last one's id if there may be more."""
        found = list(islice(self._all(wanted, after), size + 1))
        more = len(found) > size
        return found[:size], str(found[size - 1]["id"]) if more else ""

    def ticket(self, connection: str, key: str) -> Ticket:
        """Return a ticket of a connection. Raises `NotFoundError`."""
        row = self.table.get(connection, keys.ticket_row(key))
        if row:
            return read_ticket(row).ticket
        members = members_of(self.table, connection, key)
        if not members.snapshots:
            raise NotFoundError(
                f"There is no ticket {keys.public_id(connection, key)}.",
                hint="List tickets with GET /api/tickets.",
            )
        return begun(members)

    def _all(self, wanted: Filter, after: str) -> Iterator[views.TicketView]:
        first, key = keys.parse_public_id(after) if after else ("", "")
        for connection in self.connections.with_tickets():
            if connection.name < first or wanted.connection not in ("", connection.name):
                continue
            start = key if connection.name == first else ""
            for ticket_key, ticket in self._tickets(connection.name, wanted, start):
                if wanted.status in ("", ticket.status) and wanted.waiting_for in ("", ticket.waiting_for):
                    yield views.view(connection.name, ticket_key, ticket)

    def _tickets(self, connection: str, wanted: Filter, after: str) -> Iterator[tuple[str, Ticket]]:
        """Merge the tickets with those that have only snapshots so far; all are in the order of their keys."""
        prefix = keys.asset_key(wanted.kind, wanted.asset) if wanted.asset else ""
        start = max(prefix, f"{after}{keys.AFTER_ALL}" if after else "")
        streams = [self._range(connection, "t|", start, prefix)]
        if wanted.status in ("", TicketStatus.WAITING):  # what no worker has seen yet can be nothing else
            streams.append(self._range(connection, "v|", start, prefix))
            streams.append(self._range(connection, "m|", start, prefix, select=("schema",)))
        merged = heapq.merge(*streams, key=_ticket_of)  # of one ticket, in the order of the streams
        for key, rows in groupby(merged, key=_ticket_of):
            found = self._first(connection, key, next(rows))
            if found:
                yield key, found

    def _first(self, connection: str, key: str, row: Row) -> Ticket | None:
        if row.key.startswith("t|"):
            return read_ticket(row).ticket
        members = by_itself(row) if row.key.startswith("v|") else members_of(self.table, connection, key)
        return begun(members) if members.snapshots else None

    def _range(self, connection: str, kind: str, start: str, prefix: str, select: Sequence[str] = ()) -> Iterator[Row]:
        return self.table.range(connection, f"{kind}{start}", f"{kind}{prefix}{keys.AFTER_ALL}", select=select)


def _ticket_of(row: Row) -> str:
    return keys.ticket_of_row(row.key)


def _entry(row: Row) -> EntryView:
    """History as the API shows it: what changed and when, without the ticket around it."""
    message = json.loads(str(row.values["message"]))
    current, previous = message["current"], message["previous"]
    return {
        "sequence": message["sequence"],
        "at": message["at"],
        "by": message["by"],
        "change": message["change"],
        "from": previous and _brief(previous),
        "to": _brief(current),
        "comment": message.get("comment"),
    }


def _brief(view: dict[str, Any]) -> BriefView:
    item = view["work_item"] or {}
    return {"status": view["status"], "state": item.get("state"), "revision": item.get("revision")}

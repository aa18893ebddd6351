"""Reads tickets for the API: one by its id, or pages of them."""

import heapq
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypedDict

from shared.connections.store import ConnectionStore
from shared.errors import NotFoundError
from shared.shown import Moment
from shared.storage.tables import Row, Table
from shared.tickets.life import views
from shared.tickets.life.transitions import begun
from shared.tickets.rows import keys
from shared.tickets.rows.members import Members, members_of
from shared.tickets.rows.records import Ticket, TicketStatus
from shared.tickets.rows.ticket_rows import read_ticket
from shared.tickets.vulnerabilities.snapshots import Severity, Status, Vulnerability

PAGE = 100
_DIGITS = 12
_ANYTHING: Mapping[str, str] = {}
_MOST_REPORTED = 100
_MOST_LOOKED_AT = 500
"""Tickets for one page that is searched: what is sought may be the last of very many."""
_SHOWN = (
    *("status", "kind", "asset", "vulnerabilities", "vulnerability_count", "title", "severity", "open", "work_item"),
    *("failure", "held", "detached", "attempt", "attempt_at", "attempt_project", "created_at", "changed_at"),
)
"""The properties of a ticket's row that lists show; reading all of them takes twice as long."""


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


class ReportedView(TypedDict):
    """What the platform last said of a vulnerability."""

    id: str
    title: str
    severity: Severity
    status: Status


class TicketInFull(TicketWithHistory):
    """A ticket with its history, and what the platform last said of its vulnerabilities, the first hundred."""

    reported: list[ReportedView]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which tickets are wanted; empty fields do not restrict."""

    kind: str = ""
    asset: str = ""
    status: str = ""
    waiting_for: str = ""
    connection: str = ""
    search: str = ""
    """A part of the title or of a vulnerability's id, whatever the case; a number is that of a work item."""

    @property
    def work_item(self) -> int:
        """The number of the work item that is sought, 0 if none is."""
        number = self.search.removeprefix("#")
        return int(number) if number.isascii() and number.isdigit() and len(number) <= _DIGITS else 0

    @property
    def is_everything(self) -> bool:
        """Whether every ticket, or every one of an asset, is wanted."""
        return not (self.status or self.waiting_for or self.search)

    def fits(self, ticket: Ticket) -> bool:
        """Whether a ticket of the asset is wanted."""
        return (
            self.status in ("", ticket.status)
            and self.waiting_for in ("", ticket.waiting_for)
            and (not self.asset or (self.kind, self.asset) == (ticket.kind, ticket.asset))
            and self.work_item in (0, ticket.work_item.id)
            and (self.work_item > 0 or _has(ticket, self.search.casefold()))
        )


@dataclass(frozen=True, slots=True)
class ReadTickets:
    """The use cases behind `GET /tickets` and `GET /tickets/{ticket}`."""

    table: Table
    connections: ConnectionStore

    def one(self, ticket_id: str) -> TicketWithHistory:
        """Return a ticket with its history. Raises `NotFoundError`."""
        connection, key = keys.parse_public_id(ticket_id)
        found = self.ticket(connection, key)
        shown = self._with_history(connection, key, found)
        if found.vulnerability_count > len(found.vulnerabilities):  # the row has the first ones
            shown["vulnerabilities"] = _ids(members_of(self.table, connection, key))
        return shown

    def in_full(self, ticket_id: str) -> TicketInFull:
        """Return a ticket with its history, and what the platform said of it. Raises `NotFoundError`."""
        connection, key = keys.parse_public_id(ticket_id)
        found = self.ticket(connection, key)
        members = members_of(self.table, connection, key)
        shown = self._with_history(connection, key, found)
        if found.vulnerability_count > len(found.vulnerabilities):
            shown["vulnerabilities"] = _ids(members)
        return {**shown, "reported": [_reported(one) for one in members.snapshots[:_MOST_REPORTED]]}

    def _with_history(self, connection: str, key: str, ticket: Ticket) -> TicketWithHistory:
        rows = self.table.range(connection, *keys.history_rows(key))
        return {**views.view(connection, key, ticket), "history": [_entry(row) for row in rows]}

    def page(self, wanted: Filter, after: str, size: int = PAGE) -> tuple[list[views.TicketView], str]:
        """Return tickets in the order of their ids, those after one, and which was looked at last if there may be more.

        There may be fewer than `size` of them although there are more: looking at all could take minutes.
        """
        found: list[views.TicketView] = []
        last = ""
        most = max(size, _MOST_LOOKED_AT)
        at_once = size + 1 if wanted.is_everything else most
        for looked_at, (connection, key, ticket) in enumerate(self._all(wanted, after, at_once), start=1):
            if len(found) == size:
                return found, last
            last = keys.public_id(connection, key)
            if wanted.fits(ticket):
                found.append(views.view(connection, key, ticket))
            if looked_at == most and not wanted.is_everything:  # the next one may be a request away
                return found, last
        return found, ""

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

    def _all(self, wanted: Filter, after: str, at_once: int) -> Iterator[tuple[str, str, Ticket]]:
        first, key = keys.parse_public_id(after) if after else ("", "")
        for connection in self.connections.with_tickets():
            if connection.name < first or wanted.connection not in ("", connection.name):
                continue
            start = key if connection.name == first else ""
            if wanted.work_item:
                found = self._with_work_item(connection.name, wanted.work_item, start)
            else:
                found = self._tickets(connection.name, wanted, start, at_once)
            yield from ((connection.name, ticket_key, ticket) for ticket_key, ticket in found)

    def _with_work_item(self, connection: str, number: int, after: str) -> Iterator[tuple[str, Ticket]]:
        row = self.table.get(connection, keys.work_item_row(number))
        key = str(row.values["ticket"]) if row else ""
        if key > after:
            yield key, self.ticket(connection, key)

    def _tickets(self, connection: str, wanted: Filter, after: str, at_once: int) -> Iterator[tuple[str, Ticket]]:
        """Merge the tickets with those that have only snapshots so far; all are in the order of their keys."""
        prefix = keys.asset_key(wanted.kind, wanted.asset) if wanted.asset else ""
        start = max(prefix, f"{after}{keys.AFTER_ALL}" if after else "")

        def rows(kind: str, select: Sequence[str], where: Mapping[str, str] = _ANYTHING) -> Iterator[Row]:
            return self.table.range(
                connection,
                f"{kind}{start}",
                f"{kind}{prefix}{keys.AFTER_ALL}",
                where=" and ".join(f"{name} eq @{name}" for name in where),
                parameters=where,
                select=select,
                at_once=at_once,
            )

        # What no worker has seen yet waits, and for nothing but a worker.
        if wanted.status not in ("", TicketStatus.WAITING) or wanted.waiting_for:
            streams = [rows("t|", _SHOWN, _stored(wanted))]
        else:
            streams = [rows("t|", _SHOWN), rows("v|", ("ticket",)), rows("m|", ("schema",))]
        merged = heapq.merge(*streams, key=_ticket_of)  # of one ticket, in the order of the streams
        for key, same in groupby(merged, key=_ticket_of):
            found = self._first(connection, key, next(same))
            if found:
                yield key, found

    def _first(self, connection: str, key: str, row: Row) -> Ticket | None:
        if row.key.startswith("t|"):
            return read_ticket(row).ticket
        if row.key.startswith("v|") and row.values["ticket"] != key:  # it belongs to a group
            return None
        members = members_of(self.table, connection, key)
        return begun(members) if members.snapshots else None


def _ids(members: Members) -> list[str]:
    return [member.id for member in members.snapshots]


def _reported(vulnerability: Vulnerability) -> ReportedView:
    return {
        "id": vulnerability.id,
        "title": vulnerability.title,
        "severity": vulnerability.severity,
        "status": vulnerability.status,
    }


def _stored(wanted: Filter) -> dict[str, str]:
    """Return what properties of a wanted ticket's row say."""
    return {name: value for name, value in (("status", wanted.status), ("held", wanted.waiting_for)) if value}


def _has(ticket: Ticket, text: str) -> bool:
    return any(text in known.casefold() for known in (ticket.title, *ticket.vulnerabilities))


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

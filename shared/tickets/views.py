"""What the outside sees of a ticket: in the API and in update messages."""

from datetime import datetime
from typing import Any

from shared.tickets import keys
from shared.tickets.records import MOVED, UNLINKED, WITHDRAWN, Failure, Ticket

MESSAGE_SCHEMA = 1
_AGAIN = "To have it worked on again, link the asset and POST /api/tickets/{ticket}/retry."
_DETACHED = {
    UNLINKED: Failure("detached", "Its asset is not linked to this connection any more; nothing changes it.", _AGAIN),
    MOVED: Failure("detached", "Its asset's link moved elsewhere and its work item was closed.", _AGAIN),
    WITHDRAWN: Failure("withdrawn", "Its import was taken back.", "Its next snapshot makes a new work item."),
}


def view(connection: str, key: str, ticket: Ticket) -> dict[str, Any]:
    """Return a ticket as the API shows it, without its history."""
    return {
        "id": keys.public_id(connection, key),
        "asset": {"kind": ticket.kind, "id": ticket.asset},
        "vulnerabilities": list(ticket.vulnerabilities),
        "vulnerability_count": ticket.vulnerability_count,
        "title": ticket.title,
        "severity": ticket.severity,
        "status": ticket.status.value,
        "work_item": _work_item(ticket),
        "error": _error(ticket),
        "created_at": _moment(ticket.created_at),
        "changed_at": _moment(ticket.changed_at),
    }


def update(
    connection: str, key: str, before: Ticket | None, after: Ticket, *, change: str, by: str
) -> dict[str, Any] | None:
    """Return the message that says what changed, or None if nothing that anyone can see did."""
    previous = view(connection, key, before) if before else None
    current = view(connection, key, after)
    if previous and _without_time(previous) == _without_time(current):
        return None
    return {
        "schema": MESSAGE_SCHEMA,
        "ticket": current["id"],
        "sequence": after.history,
        "at": current["changed_at"],
        "by": by,
        "change": change,
        "previous": previous,
        "current": current,
    }


def _without_time(view: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in view.items() if name not in ("created_at", "changed_at")}


def _work_item(ticket: Ticket) -> dict[str, Any] | None:
    item = ticket.work_item
    if not item.id:
        return None
    return {
        "id": item.id,
        "url": item.url,
        "project": item.project,
        "revision": item.revision,
        "type": item.type,
        "state": item.state,
        "category": item.category,
        "assigned_to": item.assigned_to or None,
    }


def _error(ticket: Ticket) -> dict[str, Any] | None:
    failure = ticket.failure or _why_detached(ticket)
    return {"code": failure.code, "message": failure.message, "hint": failure.hint} if failure else None


def _why_detached(ticket: Ticket) -> Failure | None:
    return _DETACHED.get(ticket.detached)


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""What the outside sees of a ticket: in the API and in update messages."""

from datetime import datetime
from typing import Annotated, Any, TypedDict

from pydantic import WithJsonSchema

from shared.links.models import KINDS
from shared.shown import Moment
from shared.tickets.rows import keys
from shared.tickets.rows.records import MOVED, PARTED, UNLINKED, WITHDRAWN, Failure, Hold, Ticket, TicketStatus
from shared.tickets.vulnerabilities.snapshots import Severity

MESSAGE_SCHEMA = 1
_AGAIN = "To have it worked on again, link the asset and POST /api/tickets/{ticket}/retry."
_DETACHED = {
    UNLINKED: Failure("detached", "Its asset is not linked to this connection any more; nothing changes it.", _AGAIN),
    MOVED: Failure("detached", "Its asset's link moved elsewhere and its work item was closed.", _AGAIN),
    PARTED: Failure(
        "unlinked",
        "Its work item was unlinked; nothing changes it.",
        "PUT /api/tickets/{ticket}/work-item links another one, POST /api/tickets/{ticket}/retry makes a new one.",
    ),
    WITHDRAWN: Failure("withdrawn", "Its import was taken back.", "Its next snapshot makes a new work item."),
}


class AssetView(TypedDict):
    """The asset of a ticket; both are empty for a work item whose asset nobody knows any more."""

    kind: Annotated[str, WithJsonSchema({"type": "string", "enum": [*KINDS, ""]})]
    id: str


class WorkItemView(TypedDict):
    """A work item as it was last observed. `category` is that of its state, empty where it is not known."""

    id: int
    url: str
    project: str
    revision: int
    type: str
    state: str
    category: str
    assigned_to: str | None


class ErrorView(TypedDict):
    """Why a ticket failed or is detached, and what to do about it."""

    code: str
    message: str
    hint: str


class CommentView(TypedDict):
    """What a person wrote in the work item's discussion, 3,000 characters of it.

    `html` is sanitised, null where it would be too long; `at` is when, null where Azure DevOps did not say.
    """

    author: str
    text: str
    html: str | None
    at: str | None


class TicketView(TypedDict):
    """A ticket as the API and update messages show it; in a list, `vulnerabilities` are the first ones of a group.

    `waiting_for`: why a waiting one gets no work item now.
    """

    id: str
    asset: AssetView
    vulnerabilities: list[str]
    vulnerability_count: int
    title: str
    severity: Annotated[str, WithJsonSchema({"type": "string", "enum": [*Severity, ""]})]
    status: TicketStatus
    waiting_for: Hold | None
    work_item: WorkItemView | None
    error: ErrorView | None
    created_at: Moment
    changed_at: Moment


def view(connection: str, key: str, ticket: Ticket) -> TicketView:
    """Return a ticket as the API shows it, without its history."""
    return {
        "id": keys.public_id(connection, key),
        "asset": {"kind": ticket.kind, "id": ticket.asset},
        "vulnerabilities": list(ticket.vulnerabilities),
        "vulnerability_count": ticket.vulnerability_count,
        "title": ticket.title,
        "severity": ticket.severity,
        "status": ticket.status,
        "waiting_for": ticket.waiting_for,
        "work_item": _work_item(ticket),
        "error": _error(ticket),
        "created_at": _moment(ticket.created_at),
        "changed_at": _moment(ticket.changed_at),
    }


def update(
    connection: str,
    key: str,
    before: Ticket | None,
    after: Ticket,
    *,
    change: str,
    by: str,
    comment: CommentView | None = None,
) -> dict[str, Any] | None:
    """Return the message that says what changed, or None if nothing that anyone can see did.

    Only one that tells a comment has a `comment`.
    """
    previous = view(connection, key, before) if before else None
    current = view(connection, key, after)
    if previous and comment is None and _without_time(previous) == _without_time(current):
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
        **({"comment": comment} if comment else {}),
    }


def _without_time(view: TicketView) -> dict[str, Any]:
    return {name: value for name, value in view.items() if name not in ("created_at", "changed_at")}


def _work_item(ticket: Ticket) -> WorkItemView | None:
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


def _error(ticket: Ticket) -> ErrorView | None:
    failure = ticket.failure or _why_detached(ticket)
    return {"code": failure.code, "message": failure.message, "hint": failure.hint} if failure else None


def _why_detached(ticket: Ticket) -> Failure | None:
    return _DETACHED.get(ticket.detached)


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

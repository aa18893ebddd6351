"""How values read to people: statuses, moments, numbers."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from shared.tickets.rows.records import Hold, TicketStatus

STATUSES: Mapping[str, str] = {
    TicketStatus.WAITING: "Waiting",
    TicketStatus.CREATING: "Being created",
    TicketStatus.OPEN: "Open",
    TicketStatus.AWAITING_VALIDATION: "Awaiting validation",
    TicketStatus.CLOSED: "Closed",
    TicketStatus.DELETED: "Deleted",
    TicketStatus.FAILED: "Failed",
    TicketStatus.DETACHED: "Detached",
}
HOLDS: Mapping[str, str] = {
    Hold.FILTER: "the link's filter leaves it out",
    Hold.DAILY_CAP: "the day's work items are made",
    Hold.STOPPED: "creation is stopped",
    Hold.LINK_DISABLED: "the link is switched off",
}
CHANGES: Mapping[str, str] = {
    "attached": "Attached again",
    "commented": "A comment was written",
    "created": "Work item created",
    "deleted": "Work item deleted",
    "detached": "Detached",
    "failed": "Failed",
    "held": "Held back",
    "linked": "Work item linked by hand",
    "linking": "A work item was chosen",
    "not_linked": "The chosen work item could not be linked",
    "returned": "The vulnerability is back",
    "unlinked": "Work item unlinked",
    "updated": "Changed",
    "withdrawn": "Its import was taken back",
}
CREDENTIALS: Mapping[str, str] = {
    "personal_access_token": "Personal access token",
    "service_principal": "Service principal",
    "managed_identity": "Managed identity",
    "user_password": "User name and password",
    "signed_in_user": "Signed-in user",
    "managed_token": "Managed token",
}
SAID: Mapping[str, str] = {
    "retried": "It is tried again now.",
    "unlinked": "The work item is being unlinked.",
    "linked": "The work item is being linked.",
    "resent": "It was sent again.",
    "all-resent": "They were sent again.",
    "dismissed": "It is forgotten.",
    "rotated": "The token was replaced.",
    "stopped": "No work items are made any more. Existing ones are kept up to date.",
    "started": "Work items are made again.",
    "saved": "It is saved.",
    "deleting": "It is being deleted.",
    "taking-back": "The import is being taken back.",
}
"""What is said after a form has done its work, by the code in the address."""


def label(code: str, words: Mapping[str, str]) -> str:
    """Return a code in words; one that has none, without its underscores."""
    return words.get(code) or code.replace("_", " ").capitalize()


def moment(text: str | None) -> str:
    """Return a moment of the API as people write it, in UTC."""
    if not text:
        return "–"
    at = datetime.fromisoformat(text).astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def days_left(text: str | None) -> int | None:
    """Return how many days there are until a moment, 0 and less once it has passed."""
    if not text:
        return None
    return (datetime.fromisoformat(text) - datetime.now(UTC)).days


def number(value: int) -> str:
    """Return a number with its thousands apart."""
    return f"{value:,}"


def segment(text: str) -> str:
    """Return text as one segment of a path; the host decodes all but a slash, which the routes do themselves."""
    return quote(text, safe="")


FILTERS: Mapping[str, Callable[..., Any]] = {
    "status_words": lambda code: label(code, STATUSES),
    "hold_words": lambda code: label(code, HOLDS),
    "change_words": lambda code: label(code, CHANGES),
    "credential_words": lambda code: label(code, CREDENTIALS),
    "said_words": lambda code: SAID.get(code, ""),
    "moment": moment,
    "days_left": days_left,
    "number": number,
    "segment": segment,
}

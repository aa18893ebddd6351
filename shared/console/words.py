"""How values read to people: statuses, moments, numbers."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from shared.console.addresses import segment
from shared.tickets.rows.records import Hold, TicketStatus


class Said(StrEnum):
    """What is said after a form has done its work: the codes in addresses."""

    RETRIED = "retried"
    UNLINKED = "unlinked"
    LINKED = "linked"
    RESENT = "resent"
    ALL_RESENT = "all-resent"
    SOME_RESENT = "some-resent"
    DISMISSED = "dismissed"
    ROTATED = "rotated"
    STOPPED = "stopped"
    STARTED = "started"
    SAVED = "saved"
    DELETING = "deleting"
    TAKING_BACK = "taking-back"


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
    Said.RETRIED: "It is tried again now.",
    Said.UNLINKED: "The work item is being unlinked.",
    Said.LINKED: "The work item is being linked.",
    Said.RESENT: "It was sent again.",
    Said.ALL_RESENT: "They were sent again.",
    Said.SOME_RESENT: "The first thousand were sent again; there are more.",
    Said.DISMISSED: "It is forgotten.",
    Said.ROTATED: "The token was replaced.",
    Said.STOPPED: "No work items are made any more. Existing ones are kept up to date.",
    Said.STARTED: "Work items are made again.",
    Said.SAVED: "It is saved.",
    Said.DELETING: "It is being deleted.",
    Said.TAKING_BACK: "The import is being taken back.",
}


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

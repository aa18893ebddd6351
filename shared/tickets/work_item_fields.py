"""What a work item of ours holds: its fields from a vulnerability, and the hyperlink that names its ticket."""

import re

from shared.connections.defaults import PRIORITY, Defaults
from shared.links.item_fields import mapped
from shared.tickets import content
from shared.tickets.plan import Desired
from shared.tickets.snapshots import Status, Vulnerability

_TICKET_URL = re.compile(r"/api/tickets/([a-z0-9-]+\.[a-z2-7]{32})")
_HYPERLINK = re.compile(r"/api/tickets/(?P<ticket>[a-z0-9.-]+)\?attempt=(?P<nonce>[0-9a-f]+)$")


def desired(vulnerability: Vulnerability, making: Defaults, *, work_item_type: str, ticket_url: str) -> Desired:
    """Return what a work item of a type should say."""
    fields = {
        "System.Title": content.title(vulnerability),
        _description_field(work_item_type): content.description(vulnerability, ticket_url=ticket_url),
        PRIORITY: making.priority(vulnerability.severity.value),
        **(mapped(making, vulnerability.model_dump(mode="json")) if making.fields else {}),
    }
    return Desired(fields, open=vulnerability.status is Status.OPEN)


def ticket_url(public_url: str, ticket_id: str) -> str:
    """The address of a ticket in our API."""
    return f"{public_url}/api/tickets/{ticket_id}"


def hyperlink(public_url: str, ticket_id: str, nonce: str) -> str:
    """The address in a work item's hyperlink: it names the ticket and the attempt that made the item."""
    return f"{ticket_url(public_url, ticket_id)}?attempt={nonce}"


def parse_hyperlink(url: str) -> tuple[str, str] | None:
    """Return the ticket id and the nonce in a hyperlink of ours; the app's own address may have changed since."""
    found = _HYPERLINK.search(url)
    return (found["ticket"], found["nonce"]) if found else None


def tickets_named(text: str) -> list[str]:
    """Return the ids of the tickets whose addresses stand in a text."""
    return _TICKET_URL.findall(text)


def _description_field(work_item_type: str) -> str:
    """The form of a Bug shows Repro Steps where others show the Description."""
    return "Microsoft.VSTS.TCM.ReproSteps" if work_item_type.casefold() == "bug" else "System.Description"

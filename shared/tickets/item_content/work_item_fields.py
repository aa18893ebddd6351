"""What a work item of ours holds: its fields from its vulnerabilities, and the hyperlink that names its ticket."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.connections.defaults import PRIORITY, Defaults, TextFormat
from shared.links.assignees import assignee
from shared.links.item_fields import constants, mapped, set_once
from shared.tickets.item_content import content
from shared.tickets.item_content.type_fields import KnownFields
from shared.tickets.life.plan import Desired, Policies
from shared.tickets.vulnerabilities.snapshots import Severity, Status, Vulnerability
from shared.tickets.vulnerabilities.together import due, severity, without_secrets

SEVERITY = "Microsoft.VSTS.Common.Severity"
DUE_DATE = "Microsoft.VSTS.Scheduling.DueDate"
DESCRIPTION = "System.Description"
REPRO_STEPS = "Microsoft.VSTS.TCM.ReproSteps"
_TICKET_URL = re.compile(r"/api/tickets/([a-z0-9-]+\.[a-z2-7]{32})")
_HYPERLINK = re.compile(r"/api/tickets/(?P<ticket>[a-z0-9.-]+)\?attempt=(?P<nonce>[0-9a-f]+)$")
_UNLISTED = frozenset({"description", "remediation", "rule", "cve", "cwe", "references", "custom", "snippet"})
"""Texts of a vulnerability of which a list of members says nothing."""
_NEAREST = {Severity.INFO: Severity.LOW}
"""Azure DevOps' four severities begin with critical; none is called info."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a work item is, or is to be: its type has the `known` fields. `tag` is its connection's."""

    project: str
    work_item_type: str
    known: KnownFields
    tag: str


def desired(members: Sequence[Vulnerability], making: Defaults, place: Place, *, ticket_url: str) -> Desired:
    """Return what a work item should say.

    `members` are not empty: those that still count first, the worst first. What looks like a secret is masked.
    """
    work_item_type, known = place.work_item_type, place.known
    members = _masked(members, making)
    title = content.title(members, making, ticket_url=ticket_url)
    text = content.description(members, making, ticket_url=ticket_url, title_problem=title.problem)
    fields = {
        "System.Title": title.text,
        _description_field(work_item_type, known): text.text,
        **_judged(members, making, known),
        **_as_known(_mapped(members[0], making, known), known),
    }
    is_open = any(member.status is Status.OPEN for member in members)
    return Desired(
        fields,
        open=is_open,
        status=_status(members),
        severity=severity(members).value,
        policies=Policies(making.goal(_status(members)), making.closed_by_people, making.returned),
        once=_once(members, making, place),
        files=text.files,
        problems=tuple(filter(None, (title.problem, text.problem))),
    )


def _masked(members: Sequence[Vulnerability], making: Defaults) -> list[Vulnerability]:
    """Members of whom texts are shown at length are masked in all of them; of the others, what is listed is."""
    has_template = making.title_template or making.description_template
    at_length = content.MAX_MEMBERS if has_template and not making.redacted else 1
    return [without_secrets(member, _UNLISTED if n >= at_length else ()) for n, member in enumerate(members)]


def _status(members: Sequence[Vulnerability]) -> Status:
    """Return what became of them: fixed, unless all are something else."""
    found = {member.status for member in members}
    return next(iter(found)) if len(found) == 1 else Status.FIXED


def in_format(fields: Mapping[str, Any], making: Defaults) -> list[dict[str, Any]]:
    """Return the JSON-patch operations that go with long texts in Azure DevOps' Markdown.

    Sent with the text, and only then: the format alone cannot be changed, and a text alone is taken for HTML.
    """
    if making.text_format is not TextFormat.MARKDOWN:
        return []
    texts = [name for name in (DESCRIPTION, REPRO_STEPS) if name in fields]
    return [{"op": "add", "path": f"/multilineFieldsFormat/{name}", "value": "Markdown"} for name in texts]


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


def _description_field(work_item_type: str, known: KnownFields) -> str:
    """The form of a Bug, in every process and by whatever name, shows Repro Steps where others show the Description."""
    shows_steps = REPRO_STEPS.casefold() in known if known else work_item_type.casefold() == "bug"
    return REPRO_STEPS if shows_steps else DESCRIPTION


def _judged(members: Sequence[Vulnerability], making: Defaults, known: KnownFields) -> dict[str, Any]:
    """How bad it is and until when, in the fields that the type has. A redacted link shows no due date."""
    worst, day = severity(members), due(members)
    fields: dict[str, Any] = {}
    if not known or PRIORITY.casefold() in known:
        fields[PRIORITY] = making.priority(worst.value)
    if word := _severity_word(worst, known):
        fields[SEVERITY] = word
    if DUE_DATE.casefold() in known and not making.redacted:
        # At noon it is this day in nearly every time zone. Nothing clears the field, if it was ours.
        fields[DUE_DATE] = f"{day.isoformat()}T12:00:00Z" if day else ""
    return fields


def _severity_word(worst: Severity, known: KnownFields) -> str | None:
    """Return the type's own word for a severity, such as `1 - Critical`; None where it has none."""
    field = known.get(SEVERITY.casefold())
    wanted = _NEAREST.get(worst, worst).value
    return next((word for word in field.allowed if wanted in word.casefold()), None) if field else None


def _mapped(first: Vulnerability, making: Defaults, known: KnownFields) -> dict[str, Any]:
    if making.redacted:
        return {**constants(making)}
    plain = {name for name, field in known.items() if field.kind not in ("", "html")}
    return mapped(making, first.model_dump(mode="json"), plain) if making.fields else {}


def _as_known(fields: Mapping[str, Any], known: KnownFields) -> dict[str, Any]:
    """Return fields under the names that Azure DevOps answers with, whatever their case in the settings."""
    return {known[name.casefold()].name if name.casefold() in known else name: value for name, value in fields.items()}


def _once(members: Sequence[Vulnerability], making: Defaults, place: Place) -> dict[str, Any]:
    who = assignee(making, members[0].model_dump(mode="json")) if making.assignees else making.assignee
    more = [severity(members).value] if making.severity_tag else []
    if making.snapshot_tags and not making.redacted:
        more += [tag for member in members for tag in member.tags]
    return set_once(making, place.project, place.tag, assignee=who, more_tags=more)

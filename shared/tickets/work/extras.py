"""What a work item is given if Azure DevOps takes it, and made without if not: assignee, parent, attachments.

A person who left, a parent that was deleted, a file that is too large: none of them may stop a ticket. What was
refused is left out for a while, and the work item and an alert say so.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import Any

from shared.errors import BridgeError, NotFoundError, RefusedError
from shared.tickets.work.jobs import Job
from shared.tickets.work.lane import Lane

ASSIGNED_TO = "System.AssignedTo"
ALERT = "left_out"
MAX_ATTACHED = 100
"""https://learn.microsoft.com/azure/devops/organizations/settings/work/object-limits"""
# Too large (TF237082), too many (VS403313), not there (VS403332).
_OF_ATTACHMENTS = re.compile(r"TF237082|VS403313|VS403332|attachment", re.IGNORECASE)
_OF_LINKS = re.compile(r"TF401232|TF20\d{4}|VS40\d{4}|link|parent|does not exist", re.IGNORECASE)
_OF_PEOPLE = re.compile(r"identity|assigned ?to", re.IGNORECASE)


class Extra(StrEnum):
    """One of them, in the words of those who read of it."""

    ASSIGNEE = "assignee"
    PARENT = "parent"
    ATTACHMENTS = "attachments"
    PREDECESSOR = "link to the earlier work item"


@dataclass(frozen=True, slots=True)
class Extras:
    """The extras of a lane's jobs."""

    lane: Lane

    def wanted(self, job: Job) -> dict[Extra, str]:
        """Return what a job's work item should be given, each with the value that would be refused."""
        return {
            extra: value
            for extra, value in (
                (Extra.ASSIGNEE, str(job.desired.once.get(ASSIGNED_TO, ""))),
                (Extra.PARENT, str(job.making.parent or "")),
                (Extra.PREDECESSOR, str(job.ticket.predecessor or "")),
                (Extra.ATTACHMENTS, self.lane.ticket_id(job) if job.desired.files else ""),
            )
            if value
        }

    def left_out(self, job: Job) -> dict[Extra, str]:
        """Return what is left out for now, and why."""
        known = self.lane.tools.refused
        reasons = ((extra, known.why(self._key(extra, value))) for extra, value in self.wanted(job).items())
        return {extra: why for extra, why in reasons if why}

    def blames(self, job: Job, error: BridgeError) -> bool:
        """Whether an extra that was sent is what is refused; it is left out from now on, and somebody is told."""
        if not isinstance(error, RefusedError | NotFoundError):
            return False
        sent = {extra: value for extra, value in self.wanted(job).items() if extra not in self.left_out(job)}
        blamed = next((extra for extra, value in sent.items() if _is_about(extra, value, error)), None)
        if blamed is not None:
            self.leave_out(job, blamed, error)
        return blamed is not None

    def leave_out(self, job: Job, extra: Extra, error: BridgeError) -> None:
        """Leave an extra out from now on, and tell somebody."""
        value = self.wanted(job)[extra]
        self.lane.tools.refused.remember(self._key(extra, value), error.message)
        self.lane.tools.notices.tell(
            ALERT,
            value if extra is Extra.ATTACHMENTS else self.lane.connection.name,
            f"Azure DevOps refused the {_name(extra, value)}: {error.message}",
            hint="Work items are made without it and say so. Correct the link's settings.",
        )

    def _key(self, extra: Extra, value: str) -> tuple[str, ...]:
        return (self.lane.connection.name, extra, value)


def parent(organisation: str, number: int) -> dict[str, Any]:
    """Return the JSON-patch operation that makes a work item the child of another one.

    https://learn.microsoft.com/azure/devops/boards/queries/link-type-reference
    """
    return _relation(organisation, number, "System.LinkTypes.Hierarchy-Reverse")


def related(organisation: str, number: int) -> dict[str, Any]:
    """Return the JSON-patch operation that relates a work item to another one."""
    return _relation(organisation, number, "System.LinkTypes.Related")


def told(left_out: Mapping[Extra, str], wanted: Mapping[Extra, str]) -> str:
    """Return the comment that says what a work item was made without; empty if it has everything."""
    lines = [f"<li>{escape(f'{_name(extra, wanted[extra])}: {why}')}</li>" for extra, why in left_out.items()]
    return f"<p>Azure DevOps did not take this, so it was left out:</p><ul>{''.join(lines)}</ul>" if lines else ""


def _relation(organisation: str, number: int, kind: str) -> dict[str, Any]:
    url = f"{organisation}/_apis/wit/workItems/{number}"
    return {"op": "add", "path": "/relations/-", "value": {"rel": kind, "url": url}}


def _name(extra: Extra, value: str) -> str:
    return str(extra) if extra is Extra.ATTACHMENTS else f"{extra} {value}"


def _is_about(extra: Extra, value: str, error: RefusedError | NotFoundError) -> bool:
    fields = error.fields if isinstance(error, RefusedError) else ()
    match extra:
        case Extra.ASSIGNEE:
            if fields:
                return any(name.casefold() == ASSIGNED_TO.casefold() for name in fields)
            return _names(error.message, _person(value)) and bool(_OF_PEOPLE.search(error.message))
        case Extra.PARENT | Extra.PREDECESSOR:
            return _names(error.message, [value]) and bool(_OF_LINKS.search(error.message))
        case Extra.ATTACHMENTS:
            return bool(_OF_ATTACHMENTS.search(error.message))


def _person(value: str) -> list[str]:
    name, _, mail = value.partition("<")
    return [part for part in (value, name.strip(), mail.strip("<> ")) if part]


def _names(message: str, values: Sequence[str]) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", message, re.IGNORECASE) for value in values)

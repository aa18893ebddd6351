"""What each change of a work item said, the discussion included.

https://learn.microsoft.com/rest/api/azure/devops/wit/updates/list
"""

from dataclasses import dataclass
from typing import Any

from shared.azure_devops.organisation import Call
from shared.azure_devops.paths import segment
from shared.azure_devops.values import entries, number, optional_text, record

MOST = 200


@dataclass(frozen=True, slots=True)
class Update:
    """One change. `comment` is HTML, empty if nothing was said; `at` may be missing, and is then empty."""

    revision: int
    author: str
    comment: str
    at: str


def list_updates(project: str, item: int, after: int) -> Call[list[Update]]:
    """List the first 200 updates of a work item beyond a number of them, the oldest first.

    A revision is an update, but not each update a revision: those of later revisions than `after` are all beyond it.
    """
    query = {"api-version": "7.1", "$skip": str(after), "$top": str(MOST)}
    return Call("GET", f"{segment(project)}/_apis/wit/workItems/{item}/updates", _updates, query)


def _updates(value: Any) -> list[Update]:
    return [_update(entry) for entry in entries(value["value"])]


def _update(value: Any) -> Update:
    fields = record(value.get("fields") or {})
    return Update(
        revision=number(value["rev"]),
        author=optional_text(record(value.get("revisedBy") or {}).get("displayName")),
        comment=_new(fields, "System.History"),
        at=_new(fields, "System.ChangedDate"),
    )


def _new(fields: Any, name: str) -> str:
    return optional_text(record(fields.get(name) or {}).get("newValue"))

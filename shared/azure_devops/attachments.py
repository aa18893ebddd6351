"""Files that hang on work items: uploaded first, then linked by a change of the item.

https://learn.microsoft.com/rest/api/azure/devops/wit/attachments
"""

from dataclasses import dataclass
from typing import Any

from shared.azure_devops.organisation import BYTES, Call
from shared.azure_devops.paths import segment
from shared.azure_devops.values import name as named

MAX_BYTES = 60 * 1024 * 1024
"""https://learn.microsoft.com/azure/devops/organizations/settings/work/object-limits"""


@dataclass(frozen=True, slots=True)
class Attachment:
    """An uploaded file; nobody sees it before a work item links to `url`."""

    id: str
    url: str


def upload(project: str, name: str, content: bytes) -> Call[Attachment]:
    """Upload a file in one piece (answered 201). Raises `ValueError` when it is larger than the service takes."""
    if len(content) > MAX_BYTES:
        raise ValueError(f"an attachment has at most {MAX_BYTES} bytes")
    query = {"api-version": "7.1", "fileName": name}
    path = f"{segment(project)}/_apis/wit/attachments"
    return Call("POST", path, _attachment, query, content, BYTES, changes=True)


def attach(attachment: Attachment, comment: str) -> dict[str, Any]:
    """Return the JSON-patch operation that links an uploaded file to a work item."""
    value = {"rel": "AttachedFile", "url": attachment.url, "attributes": {"comment": comment}}
    return {"op": "add", "path": "/relations/-", "value": value}


def _attachment(value: Any) -> Attachment:
    return Attachment(id=named(value["id"]), url=named(value["url"]))

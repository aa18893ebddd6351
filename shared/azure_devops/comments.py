"""Comments of a work item, in the order in which they were made.

https://learn.microsoft.com/rest/api/azure/devops/wit/comments
"""

from dataclasses import dataclass
from typing import Any

from shared.azure_devops.organisation import Call
from shared.azure_devops.paging import Page, token_query
from shared.azure_devops.paths import segment
from shared.azure_devops.values import entries, number, optional_text, record, text

_VERSION = {"api-version": "7.1-preview.4"}


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment; `text` is what was written, in the format of its author."""

    id: int
    text: str
    author: str
    created_at: str


def list_comments(project: str, item: int, continuation: str = "") -> Call[Page[Comment]]:
    """List the comments of a work item, the oldest first, a page of them."""
    query = {**_VERSION, "order": "asc", **token_query(continuation)}
    return Call("GET", _path(project, item), _page, query)


def add_comment(project: str, item: int, text: str) -> Call[Comment]:
    """Add a comment, HTML; the work item gets a new revision."""
    return Call("POST", _path(project, item), _comment, _VERSION, {"text": text}, changes=True)


def _path(project: str, item: int) -> str:
    return f"{segment(project)}/_apis/wit/workItems/{item}/comments"


def _page(value: Any) -> Page[Comment]:
    return Page(
        [_comment(entry) for entry in entries(value["comments"])], optional_text(value.get("continuationToken"))
    )


def _comment(value: Any) -> Comment:
    return Comment(
        # The specification says `id`, its example of an answer `commentId`.
        id=number(value["id"] if "id" in value else value["commentId"]),
        text=text(value["text"]),
        author=optional_text(record(value.get("createdBy")).get("displayName")),
        created_at=optional_text(value.get("createdDate")),
    )

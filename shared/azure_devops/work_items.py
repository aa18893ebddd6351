"""Work items: create, read, change, find, and look into the recycle bin.

https://learn.microsoft.com/rest/api/azure/devops/wit/work-items
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.azure_devops.organisation import JSON_PATCH, Call
from shared.azure_devops.paths import segment
from shared.azure_devops.values import entries, name, number, optional_text, record

MAX_IDS = 200
MAX_FOUND = 20_000
"""A query finds no more, and says nothing of those left out."""
_DIGITS = 9  # ids are numbers of 32 bits
_REST = re.compile(r"/_apis/wit/workitems/", re.IGNORECASE)
_VERSION = {"api-version": "7.1"}
_NAMES = ("System.TeamProject", "System.WorkItemType", "System.State")


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A work item at one revision. `url` is its web page; `hyperlinks` are the addresses it links to."""

    id: int
    revision: int
    project: str
    fields: Mapping[str, Any]
    hyperlinks: tuple[str, ...]
    url: str
    attachments: tuple[str, ...] = ()
    """The names of the files that hang on it."""
    relations: tuple[str, ...] = ()
    """Where each of its relations leads, in their order: one is removed by its place among them."""

    @property
    def type(self) -> str:
        """The name of its type."""
        return str(self.fields.get("System.WorkItemType") or "")

    @property
    def state(self) -> str:
        """The name of its state."""
        return str(self.fields.get("System.State") or "")


@dataclass(frozen=True, slots=True)
class DeletedItem:
    """An entry of the recycle bin; `item` is the work item as it was, where the service sends it."""

    id: int
    title: str
    project: str
    item: WorkItem | None


type Patch = Sequence[Mapping[str, Any]]


def add_fields(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the JSON-patch operations that set fields (an `add` of System.Tags merges with those there)."""
    return [{"op": "add", "path": f"/fields/{name}", "value": value} for name, value in fields.items()]


def add_hyperlink(url: str, comment: str) -> dict[str, Any]:
    """Return the JSON-patch operation that adds a hyperlink."""
    value = {"rel": "Hyperlink", "url": url, "attributes": {"comment": comment}}
    return {"op": "add", "path": "/relations/-", "value": value}


def remove_relations(places: Iterable[int]) -> list[dict[str, Any]]:
    """Return the JSON-patch operations that remove relations, the last first: each removal moves those behind it."""
    return [{"op": "remove", "path": f"/relations/{place}"} for place in sorted(places, reverse=True)]


def set_tags(tags: Iterable[str]) -> dict[str, Any]:
    """Return the JSON-patch operation that leaves these tags and no other."""
    return {"op": "replace", "path": "/fields/System.Tags", "value": "; ".join(tags)}


def test_revision(revision: int) -> dict[str, Any]:
    """Return the JSON-patch operation that refuses the patch if the item has another revision."""
    return {"op": "test", "path": "/rev", "value": revision}


def create(project: str, work_item_type: str, patch: Patch) -> Call[WorkItem]:
    """Create one work item (answered 200, not 201)."""
    query = {**_VERSION, "$expand": "all"}
    return Call("POST", _of_type(project, work_item_type), read_item, query, list(patch), JSON_PATCH, changes=True)


def validate_create(project: str, work_item_type: str, patch: Patch) -> Call[None]:
    """Ask whether a work item could be created; none is."""
    query = {**_VERSION, "validateOnly": "true"}
    return Call("POST", _of_type(project, work_item_type), lambda _: None, query, list(patch), JSON_PATCH)


def change(item: int, patch: Patch) -> Call[WorkItem]:
    """Change one work item. Raises `ConflictError` when a test operation fails or somebody was faster."""
    query = {**_VERSION, "$expand": "all"}
    return Call("PATCH", f"_apis/wit/workitems/{item}", read_item, query, list(patch), JSON_PATCH, changes=True)


def get_many(ids: Iterable[int]) -> Call[dict[int, WorkItem]]:
    """Read up to 200 work items with all fields and relations; what is deleted or may not be seen is left out."""
    wanted = list(ids)
    if len(wanted) > MAX_IDS:
        raise ValueError(f"at most {MAX_IDS} work items are read at once")  # VS403474
    body = {"ids": wanted, "$expand": "All", "errorPolicy": "Omit"}
    return Call("POST", "_apis/wit/workitemsbatch", _items, _VERSION, body)


def fields_at(project: str, item: int, revision: int) -> Call[Mapping[str, Any]]:
    """Read what a work item said at a revision; the list of them begins with the oldest one."""
    query = {**_VERSION, "$top": "1", "$skip": str(revision - 1)}
    path = f"{segment(project)}/_apis/wit/workitems/{item}/revisions"
    return Call("GET", path, lambda value: _fields_at(value, revision), query)


def find_created_since(project: str, tag: str, since: datetime, *, after: int = 0) -> Call[list[int]]:
    """Find the ids of a project's work items with a tag, created at or after a moment, in ascending order.

    At most `MAX_FOUND` are found, those with an id above `after`; deleted ones are not.
    """
    moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    query = (
        "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project"  # noqa: S608  WIQL, escaped
        f" AND [System.Tags] CONTAINS '{_quoted(tag)}' AND [System.CreatedDate] >= '{moment}'"
        f" AND [System.Id] > {after} ORDER BY [System.Id]"
    )
    parameters = {**_VERSION, "timePrecision": "true", "$top": str(MAX_FOUND)}
    return Call("POST", f"{segment(project)}/_apis/wit/wiql", _ids, parameters, {"query": query})


def search(project: str, words: str, most: int) -> Call[list[int]]:
    """Find the ids of a project's work items with words in their titles, or with a number, the last changed first.

    Without words, all are found. Deleted ones are not.
    """
    number = words.removeprefix("#")
    is_id = number.isascii() and number.isdigit() and len(number) <= _DIGITS
    by_id = f" OR [System.Id] = {int(number)}" if is_id else ""
    found = f" AND ([System.Title] CONTAINS WORDS '{_quoted(words)}'{by_id})" if words else ""
    query = (
        "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project"  # noqa: S608  WIQL, escaped
        f"{found} ORDER BY [System.ChangedDate] DESC"
    )
    return Call("POST", f"{segment(project)}/_apis/wit/wiql", _ids, {**_VERSION, "$top": str(most)}, {"query": query})


def recycle_bin(project: str) -> Call[list[int]]:
    """List the ids of a project's deleted work items."""
    return Call("GET", f"{segment(project)}/_apis/wit/recyclebin", _deleted_ids, _VERSION)


def get_deleted(project: str, item: int) -> Call[DeletedItem]:
    """Read one entry of the recycle bin. Raises `NotFoundError` when it is not there."""
    return Call("GET", f"{segment(project)}/_apis/wit/recyclebin/{item}", _deleted, _VERSION)


def delete(item: int) -> Call[None]:
    """Move one work item to the recycle bin (answered 200 with an entry of it, or 204)."""
    return Call("DELETE", f"_apis/wit/workitems/{item}", lambda _: None, _VERSION, changes=True)


def destroy(item: int) -> Call[None]:
    """Delete one work item for good, past the recycle bin; that needs a right of its own."""
    query = {**_VERSION, "destroy": "true"}
    return Call("DELETE", f"_apis/wit/workitems/{item}", lambda _: None, query, changes=True)


def restore(project: str, item: int) -> Call[None]:
    """Take one work item out of the recycle bin. Raises `NotFoundError` when it is not there."""
    path = f"{segment(project)}/_apis/wit/recyclebin/{item}"
    return Call("PATCH", path, lambda _: None, _VERSION, {"isDeleted": False}, changes=True)


def _of_type(project: str, work_item_type: str) -> str:
    return f"{segment(project)}/_apis/wit/workitems/${segment(work_item_type)}"


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def read_item(value: Any) -> WorkItem:
    """Make a work item of the service's JSON."""
    fields = record(value["fields"])
    for field in _NAMES:  # what is not among the fields asked for is absent, and never anything else than a text
        optional_text(fields.get(field))
    relations = entries(value.get("relations") or [])
    links = (link for link in relations if link.get("rel") == "Hyperlink")
    files = (record(link.get("attributes")) for link in relations if link.get("rel") == "AttachedFile")
    page = record(record(value.get("_links")).get("html")).get("href")
    return WorkItem(
        id=number(value["id"]),
        revision=number(value["rev"]),
        project=fields.get("System.TeamProject") or "",
        fields=fields,
        hyperlinks=tuple(name(link["url"]) for link in links),
        url=optional_text(page) or _REST.sub("/_workitems/edit/", optional_text(value.get("url"))),
        relations=tuple(optional_text(link.get("url")) for link in relations),
        attachments=tuple(optional_text(file.get("name")) for file in files),
    )


def _items(value: Any) -> dict[int, WorkItem]:
    items = (read_item(item) for item in entries(value["value"]) if item is not None)  # errorPolicy=omit leaves nulls
    return {item.id: item for item in items}


def _fields_at(value: Any, revision: int) -> Mapping[str, Any]:
    found = entries(value["value"])[0]
    if number(found["rev"]) != revision:
        raise ValueError("the list has another revision in its place")
    return record(found["fields"])


def _ids(value: Any) -> list[int]:
    return [number(item["id"]) for item in entries(value["workItems"])]


def _deleted_ids(value: Any) -> list[int]:
    return [number(item["id"]) for item in entries(value["value"])]


def _deleted(value: Any) -> DeletedItem:
    lower = {key.lower(): content for key, content in value.items()}  # its keys come in mixed case
    resource = lower.get("resource")
    return DeletedItem(
        id=number(lower["id"]),
        title=optional_text(lower.get("name")),
        project=optional_text(lower.get("project")),
        item=read_item(resource) if isinstance(resource, dict) and resource.get("fields") else None,
    )

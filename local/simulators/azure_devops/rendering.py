"""How a work item is shown: fields, relations and links as the service answers them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from local.simulators.azure_devops import dates
from local.simulators.azure_devops import fields as catalogue
from local.simulators.azure_devops.identity import reference


@dataclass(frozen=True, slots=True)
class Item:
    """One work item at one revision. `updates` counts its updates, which are more than its revisions."""

    organization: str
    id: int
    project: str
    rev: int
    updates: int
    fields: dict[str, Any]
    relations: list[dict[str, Any]]
    formats: dict[str, str]
    deleted: str | None = None
    deleted_by: str | None = None

    @property
    def type_name(self) -> str:
        """The name of its work item type."""
        return str(self.fields["System.WorkItemType"])

    @property
    def title(self) -> str:
        """Its title."""
        return str(self.fields.get("System.Title", ""))


def of_row(row: Any) -> Item:
    """Return the work item of a database row."""
    return Item(
        row["organization"],
        row["id"],
        row["project"],
        row["rev"],
        row["updates"],
        json.loads(row["fields"]),
        json.loads(row["relations"]),
        json.loads(row["formats"]),
        row["deleted"],
        row["deleted_by"],
    )


def address(item: Item, home: str) -> str:
    """Return the REST address of a work item."""
    return f"{home}/{item.project}/_apis/wit/workItems/{item.id}"


def page(item: Item, home: str) -> str:
    """Return the address of a work item's web page."""
    return f"{home}/{item.project}/_workitems/edit/{item.id}"


def shown_fields(values: Mapping[str, Any], home: str, *, combined: bool = False) -> dict[str, Any]:
    """Return fields as answers have them; identities as `Name <mail>` text where `combined`."""
    return {name: _shown(name, value, home, combined=combined) for name, value in values.items()}


def _shown(name: str, value: Any, home: str, *, combined: bool) -> Any:
    known = catalogue.STANDARD.get(name.lower())
    if known is None or value is None:
        return value
    if known.kind == "dateTime":
        return dates.shown(value)
    return reference(value, home) if known.kind == "identity" and not combined else value


def full(item: Item, home: str, *, relations: bool = True, links: bool = True) -> dict[str, Any]:
    """Return the work item with all its fields."""
    answer: dict[str, Any] = {
        "id": item.id,
        "rev": item.rev,
        "fields": shown_fields(item.fields, home),
        "multilineFieldsFormat": item.formats,
    }
    if relations and item.relations:
        answer["relations"] = item.relations
    if links:
        answer["_links"] = _links(item, home)
    return answer | {"url": address(item, home)}


def chosen(item: Item, home: str, names: Iterable[str]) -> dict[str, Any]:
    """Return the work item with only these fields, those that it has."""
    has = item.fields | {"System.Id": item.id, "System.Rev": item.rev}
    by_lower = {name.lower(): name for name in has}
    wanted = [by_lower[name.lower()] for name in names if name.lower() in by_lower]
    values = shown_fields({name: has[name] for name in wanted}, home)
    return {"id": item.id, "rev": item.rev, "fields": values, "url": f"{home}/_apis/wit/workItems/{item.id}"}


def _links(item: Item, home: str) -> dict[str, dict[str, str]]:
    own = address(item, home)
    project = f"{home}/{item.project}/_apis/wit"
    links = {
        "self": own,
        "workItemUpdates": f"{own}/updates",
        "workItemRevisions": f"{own}/revisions",
        "workItemComments": f"{own}/comments",
        "html": page(item, home),
        "workItemType": f"{project}/workItemTypes/{quote(item.type_name)}",
        "fields": f"{project}/fields",
    }
    return {name: {"href": href} for name, href in links.items()}


def recycled(item: Item, home: str, project: str) -> dict[str, Any]:
    """Return the work item as the recycle bin shows it, without the resource itself."""
    return {
        "id": item.id,
        "code": 200,
        "type": item.type_name,
        "name": item.title,
        "project": project,
        "deletedDate": dates.shown(item.deleted or ""),
        "deletedBy": item.deleted_by,
        "url": f"{home}/{item.project}/_apis/wit/recyclebin/{item.id}",
    }

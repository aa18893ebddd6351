"""What a form offers: projects, types of work items, area paths of an organisation as its connection sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from shared.azure_devops import work_items
from shared.azure_devops.classification_nodes import area_paths
from shared.azure_devops.organisation import Organisation
from shared.azure_devops.paging import every
from shared.azure_devops.projects import Project, list_projects
from shared.azure_devops.work_item_types import ColouredState, RequiredField, WorkItemType, list_types
from shared.connections.organisations import Organisations
from shared.connections.store import ConnectionStore
from shared.texts.plain import one_line

MOST_ITEMS = 50
_MOST_LETTERS = 200


class WorkItemTypeView(TypedDict):
    """A type of work item: its states in the order of its workflow, and the fields that every item must have."""

    name: str
    color: str
    states: Sequence[ColouredState]
    required_fields: Sequence[RequiredField]


class FoundItemView(TypedDict):
    """A work item that may be chosen for a ticket."""

    id: int
    title: str
    type: str
    state: str
    url: str


@dataclass(frozen=True, slots=True)
class Browse:
    """The use cases behind `GET /connections/{connection}/projects` and below.

    Each raises `NotFoundError` for no such connection or project, and what Azure DevOps raises. `search` leaves what
    has the text in its name, whatever the case.
    """

    store: ConnectionStore
    organisations: Organisations

    def projects(self, connection: str, search: str = "") -> list[Project]:
        """Return the projects by name."""
        found = every(self._open(connection), list_projects)
        named = sorted(found, key=lambda project: (project.name.casefold(), project.id))
        return [project for project in named if search.casefold() in project.name.casefold()]

    def work_item_types(self, connection: str, project: str, search: str = "") -> list[WorkItemTypeView]:
        """Return the types of a project, with states, categories, colours and required fields."""
        found = self._open(connection).do(list_types(project))
        return [_shown(one) for one in found if search.casefold() in one.name.casefold()]

    def area_paths(self, connection: str, project: str, search: str = "") -> list[str]:
        """Return the area paths of a project, parents before their children."""
        found = self._open(connection).do(area_paths(project))
        return [path for path in found if search.casefold() in path.casefold()]

    def work_items(self, connection: str, project: str, search: str = "") -> list[FoundItemView]:
        """Return the 50 last changed of a project's work items that have words in their titles, or a number."""
        organisation = self._open(connection)
        words = one_line(search)[:_MOST_LETTERS].strip()
        numbers = organisation.do(work_items.search(project, words, MOST_ITEMS))
        found = organisation.do(work_items.get_many(numbers)) if numbers else {}
        return [_found(found[number]) for number in numbers if number in found]

    def _open(self, connection: str) -> Organisation:
        return self.organisations.of(self.store.get(connection))


def _shown(one: WorkItemType) -> WorkItemTypeView:
    return {
        "name": one.name,
        "color": one.color,
        "states": one.states,
        "required_fields": one.required,
    }


def _found(item: work_items.WorkItem) -> FoundItemView:
    title = str(item.fields.get("System.Title") or "")
    return {"id": item.id, "title": title, "type": item.type, "state": item.state, "url": item.url}

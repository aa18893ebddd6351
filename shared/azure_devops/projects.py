"""Who we are, projects, and the types of work items in them.

https://learn.microsoft.com/rest/api/azure/devops/core/projects
https://learn.microsoft.com/rest/api/azure/devops/wit/work-item-types
"""

from dataclasses import dataclass
from typing import Any

from shared.azure_devops.organisation import Call
from shared.azure_devops.paging import Page, judge_listed, read_listed, token_query
from shared.azure_devops.paths import segment
from shared.azure_devops.values import entries, flag, name, optional_text, text

_VERSION = {"api-version": "7.1"}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a credential belongs to, in the organisation's words."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Project:
    """A project; `id` survives a renaming."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class State:
    """A state of a work item type; `category` is one of Proposed, InProgress, Resolved, Completed, Removed."""

    name: str
    category: str


def who_am_i() -> Call[Identity]:
    """Ask as whom the organisation knows the credential."""
    return Call("GET", "_apis/connectionData", _identity, {"api-version": "7.1-preview.1"})


def get_project(name_or_id: str) -> Call[Project]:
    """Read one project."""
    return Call("GET", f"_apis/projects/{segment(name_or_id)}", _project, _VERSION)


def list_projects(continuation: str = "", *, at_most: int | None = None) -> Call[Page[Project]]:
    """List the projects that the credential may see, a page of them, which is no longer than `at_most`."""
    query = {**_VERSION, **token_query(continuation)}
    if at_most:
        query["$top"] = str(at_most)
    return Call("GET", "_apis/projects", read_listed(_project), query, judge=judge_listed)


def work_item_types(project: str) -> Call[list[str]]:
    """List the names of a project's work item types; disabled ones are left out."""
    return Call("GET", f"{segment(project)}/_apis/wit/workitemtypes", _type_names, _VERSION)


def states(project: str, work_item_type: str) -> Call[list[State]]:
    """List a type's states in the order of its workflow."""
    path = f"{segment(project)}/_apis/wit/workitemtypes/{segment(work_item_type)}/states"
    return Call("GET", path, _states, _VERSION)


def _identity(value: Any) -> Identity:
    user = value["authenticatedUser"]
    return Identity(id=name(user["id"]), name=optional_text(user.get("providerDisplayName")) or user["id"])


def _project(value: Any) -> Project:
    return Project(id=name(value["id"]), name=name(value["name"]))


def _type_names(value: Any) -> list[str]:
    return [name(item["name"]) for item in entries(value["value"]) if not flag(item.get("isDisabled"))]


def _states(value: Any) -> list[State]:
    return [State(name=name(item["name"]), category=text(item["category"])) for item in entries(value["value"])]

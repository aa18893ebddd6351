"""Harmless calls that show what an identity may do.

https://learn.microsoft.com/rest/api/azure/devops/core/projects/list
https://learn.microsoft.com/rest/api/azure/devops/wit/work-items/create (`validateOnly`)
https://learn.microsoft.com/rest/api/azure/devops/git/repositories/list
"""

from typing import Any

from shared.azure_devops.organisation import JSON_PATCH, Call
from shared.azure_devops.paths import segment
from shared.azure_devops.projects import Project
from shared.azure_devops.work_items import add_fields

_VERSION = {"api-version": "7.1"}


def first_project() -> Call[Project | None]:
    """Return one project that the identity may see."""
    return Call("GET", "_apis/projects", _first, {**_VERSION, "$top": "1"})


def validate_create(project: str, work_item_type: str, title: str) -> Call[None]:
    """Ask whether a work item could be created; none is."""
    path = f"{segment(project)}/_apis/wit/workitems/${segment(work_item_type)}"
    query = {**_VERSION, "validateOnly": "true"}
    patch = add_fields({"System.Title": title})
    return Call("POST", path, lambda _: None, query, patch, JSON_PATCH)


def repositories(project: str) -> Call[int]:
    """Count the repositories that the identity may read."""
    return Call("GET", f"{segment(project)}/_apis/git/repositories", lambda value: len(value["value"]), _VERSION)


def _first(value: Any) -> Project | None:
    found = value["value"]
    return Project(id=found[0]["id"], name=found[0]["name"]) if found else None

"""The tags that a project's work items have or had.

https://learn.microsoft.com/rest/api/azure/devops/wit/tags/list
"""

from typing import Any

from shared.azure_devops.organisation import Call
from shared.azure_devops.paths import segment
from shared.azure_devops.values import entries, name


def list_tags(project: str) -> Call[list[str]]:
    """List the names of a project's tags."""
    return Call("GET", f"{segment(project)}/_apis/wit/tags", _names, {"api-version": "7.1"})


def _names(value: Any) -> list[str]:
    return [name(entry["name"]) for entry in entries(value["value"])]

"""Areas and iterations of a project, as the paths that work items carry.

https://learn.microsoft.com/rest/api/azure/devops/wit/classification-nodes/get
"""

from collections.abc import Iterator
from typing import Any

from shared.azure_devops.organisation import Call
from shared.azure_devops.paths import segment
from shared.azure_devops.values import entries, name

_DEPTH = 14
"""The service has at most this many levels.

https://learn.microsoft.com/azure/devops/organizations/settings/work/object-limits
"""


def area_paths(project: str, depth: int = _DEPTH) -> Call[list[str]]:
    r"""List the area paths down to a depth below the root, such as `Web Shop\Backend\Payments`."""
    return _paths(project, "Areas", depth)


def iteration_paths(project: str, depth: int = _DEPTH) -> Call[list[str]]:
    r"""List the iteration paths down to a depth below the root, such as `Web Shop\Iteration 1`."""
    return _paths(project, "Iterations", depth)


def _paths(project: str, group: str, depth: int) -> Call[list[str]]:
    path = f"{segment(project)}/_apis/wit/classificationnodes/{group}"
    return Call("GET", path, lambda root: list(_below(root, "")), {"api-version": "7.1", "$depth": str(depth)})


def _below(node: Any, parent: str) -> Iterator[str]:
    # A node's own `path` has the structure's name in it (\Web Shop\Area\Backend); the field of a work item has not.
    path = f"{parent}\\{name(node['name'])}" if parent else name(node["name"])
    yield path
    for child in entries(node.get("children") or []):
        yield from _below(child, path)

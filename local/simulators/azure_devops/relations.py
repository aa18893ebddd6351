"""The links of a work item: what may be added, and what a change of them looks like."""

from typing import Any

from local.simulators.azure_devops import errors
from local.simulators.azure_devops.patch import Patch

_LIMIT = 1000
_NAMES = {
    "System.LinkTypes.Hierarchy-Forward": "Child",
    "System.LinkTypes.Hierarchy-Reverse": "Parent",
    "System.LinkTypes.Related": "Related",
    "System.LinkTypes.Duplicate-Forward": "Duplicate",
    "System.LinkTypes.Duplicate-Reverse": "Duplicate Of",
    "System.LinkTypes.Dependency-Forward": "Successor",
    "System.LinkTypes.Dependency-Reverse": "Predecessor",
}
_OTHERS = ("Hyperlink", "ArtifactLink", "AttachedFile")

type Relation = dict[str, Any]


def applied(before: list[Relation], patch: Patch, moment: str) -> list[Relation]:
    """Return the relations as the patch leaves them. Raises 400 for one that is there already or unknown."""
    for index in (*patch.removed, *patch.replaced):
        if not 0 <= index < len(before):
            raise errors.bad_request(f"Relation index {index} is out of range.")
    after = [
        _stored(patch.replaced[index], moment) if index in patch.replaced else relation
        for index, relation in enumerate(before)
        if index not in patch.removed
    ]
    for relation in patch.added:
        if any(_same(relation, other) for other in after):
            raise errors.bad_request("Relation already exists.", "RelationAlreadyExistsException")
        after.append(_stored(relation, moment))
    if len(after) > _LIMIT:
        raise errors.bad_request(f"VS403359: The work item exceeds the limit of {_LIMIT} links.")
    return after


def _same(one: Relation, other: Relation) -> bool:
    return bool(one["rel"] == other["rel"] and one["url"] == other["url"])


def _stored(relation: Relation, moment: str) -> Relation:
    kind = str(relation["rel"])
    if kind not in _NAMES and kind not in _OTHERS:
        raise errors.bad_request(f"The relation type {kind} is not recognized.", "WorkItemLinkTypeNotFoundException")
    attributes = dict(relation.get("attributes") or {})
    if kind in _NAMES:
        attributes |= {"isLocked": False, "name": _NAMES[kind]}
    else:
        times = ("authorizedDate", "resourceCreatedDate", "resourceModifiedDate")
        attributes |= dict.fromkeys(times, moment) | {"revisedDate": "9999-01-01T00:00:00Z"}
    return {"rel": kind, "url": str(relation["url"]), "attributes": attributes}


def changes(before: list[Relation], after: list[Relation]) -> dict[str, list[Relation]]:
    """Return what was added and removed, as updates and events report it."""
    added = [relation for relation in after if relation not in before]
    removed = [relation for relation in before if relation not in after]
    return {name: found for name, found in (("added", added), ("removed", removed)) if found}


def make_revision(change: dict[str, list[Relation]]) -> bool:
    """Tell whether a change of links makes a revision: links between work items alone do not."""
    return any(relation["rel"] in _OTHERS for found in change.values() for relation in found)

"""Where a work item is: there, in the recycle bin, or not to be told. Three answers, never two.

A deleted work item and one that may not be seen look the same (404, TF401232). Only an entry of the recycle bin
proves a deletion; missing from both is *unknown*, and unknown changes nothing.
"""

from dataclasses import dataclass

from shared.azure_devops.organisation import Organisation
from shared.azure_devops.work_items import DeletedItem, WorkItem, get_deleted, get_many
from shared.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Unknown:
    """Neither there nor in the recycle bin."""


type Presence = WorkItem | DeletedItem | Unknown


def find(organisation: Organisation, project: str, item: int) -> Presence:
    """Return where a work item is. Raises what Azure DevOps raises when it cannot be asked."""
    there = organisation.do(get_many([item])).get(item)
    return there or find_deleted(organisation, project, item)


def find_deleted(organisation: Organisation, project: str, item: int) -> DeletedItem | Unknown:
    """Return a work item's entry in the recycle bin."""
    try:
        return organisation.do(get_deleted(project, item))
    except NotFoundError:
        return Unknown()

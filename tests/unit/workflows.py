"""Workflows of types as tests write them down."""

from collections.abc import Mapping

from shared.azure_devops.work_item_types import ColouredState, Workflow


def workflow(moves: Mapping[str, str] | None = None, /, **categories: str) -> Workflow:
    """Return one with states by category, such as `Completed="Done"`, in this order; several are joined by `|`.

    `moves` says from which state which others are reached at once; without it, all are.
    """
    states = [(name, category) for category, names in categories.items() for name in names.split("|")]
    allowed = {start: tuple(goals.split("|")) for start, goals in (moves or {}).items()}
    return Workflow(tuple(ColouredState(name, category, "") for name, category in states), allowed)


BASIC = workflow(Proposed="To Do", InProgress="Doing", Completed="Done")
SCRUM_BUG = workflow(Proposed="New|Approved", InProgress="Committed", Completed="Done", Removed="Removed")
AGILE_BUG = workflow(Proposed="New", InProgress="Active", Resolved="Resolved", Completed="Closed")

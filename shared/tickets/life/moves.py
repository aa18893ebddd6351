"""To which state a work item is moved next. Pure.

States are chosen by category, for their names differ in every process. Some processes ask for a way: an item that may
not be completed at once is resolved first, and the goal stays until it is reached.
https://learn.microsoft.com/azure/devops/boards/work-items/workflow-and-state-categories
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from shared.azure_devops.work_item_types import Workflow
from shared.connections.defaults import Goal
from shared.tickets.rows.records import CLOSED_CATEGORIES

_WORK = frozenset({"Proposed", "InProgress"})
_CLOSING: dict[Goal, Sequence[str]] = {
    "completed": ("Completed",),
    "resolved": ("Resolved", "Completed"),
    "removed": ("Removed", "Completed"),
    "leave": (),
}
"""By goal: the categories that are looked for, in this order; not every type has all."""


@dataclass(frozen=True, slots=True)
class Move:
    """The next state, None to leave it, and whether nothing is left to do after it."""

    state: str | None
    is_last: bool = True


STAY = Move(None)


def closing(current: str, workflow: Workflow, goal: Goal) -> Move:
    """Return the move of an item that is to be closed; who has closed it already, or resolved it, is left alone."""
    category = workflow.category(current)
    wanted = _CLOSING[goal]
    if category in CLOSED_CATEGORIES or category in wanted:
        return STAY
    return _towards(current, workflow, wanted)


def reopening(current: str, workflow: Workflow) -> Move:
    """Return the move of an item that is to be worked on again."""
    if workflow.category(current) in _WORK:
        return STAY
    return _towards(current, workflow, ("Proposed", "InProgress"))


def _towards(current: str, workflow: Workflow, categories: Sequence[str]) -> Move:
    """Straight to the first state that is looked for and may be reached at once, else the first step of the way."""
    goals = [state.name for category in categories for state in workflow.states if state.category == category]
    direct = [goal for goal in goals if workflow.allows(current, goal)]
    if direct:
        return Move(direct[0])
    ways = {goal: way for goal in goals if (way := _way(current, goal, workflow))}
    if not ways:  # what Azure DevOps says to that names the reason
        return Move(goals[0]) if goals else STAY
    return Move(next(iter(ways.values()))[0], is_last=False)


def _way(start: str, goal: str, workflow: Workflow) -> list[str]:
    """Return the shortest way of allowed changes, empty if there is none."""
    ways = deque([[start]])
    seen = {start}
    while ways:
        way = ways.popleft()
        if way[-1] == goal:
            return way[1:]
        following = [name for name in workflow.names if name not in seen and workflow.allows(way[-1], name)]
        seen.update(following)
        ways.extend([*way, name] for name in following)
    return []

"""To which state an item is moved next."""

import pytest

from shared.azure_devops.work_item_types import Workflow
from shared.connections.defaults import Goal
from shared.tickets.life.moves import STAY, Move, closing, reopening
from tests.unit.workflows import AGILE_BUG, BASIC, SCRUM_BUG, workflow

NARROW = workflow(
    {"New": "Active", "Active": "Resolved|New", "Resolved": "Closed|Active", "Closed": "Active"},
    Proposed="New",
    InProgress="Active",
    Resolved="Resolved",
    Completed="Closed",
)
NO_WAY = workflow({"New": "Active", "Active": "New"}, Proposed="New", InProgress="Active", Completed="Closed")


@pytest.mark.parametrize(
    ("states", "current", "goal", "expected"),
    [
        (BASIC, "To Do", "completed", Move("Done")),
        (BASIC, "Doing", "resolved", Move("Done")),  # Basic has nothing that is resolved
        (BASIC, "To Do", "removed", Move("Done")),
        (BASIC, "Done", "completed", STAY),
        (BASIC, "To Do", "leave", STAY),
        (SCRUM_BUG, "Committed", "removed", Move("Removed")),
        (SCRUM_BUG, "Removed", "completed", STAY),
        (AGILE_BUG, "Active", "resolved", Move("Resolved")),
        (AGILE_BUG, "Resolved", "resolved", STAY),
        (AGILE_BUG, "Resolved", "completed", Move("Closed")),
        (NARROW, "Active", "completed", Move("Resolved", is_last=False)),
        (NARROW, "Resolved", "completed", Move("Closed")),
        (NARROW, "New", "completed", Move("Active", is_last=False)),
        (NO_WAY, "New", "completed", Move("Closed")),  # Azure DevOps says why not
        (BASIC, "A state of a person's own", "completed", Move("Done")),
    ],
)
def test_closing(states: Workflow, current: str, goal: Goal, expected: Move) -> None:
    assert closing(current, states, goal) == expected


@pytest.mark.parametrize(
    ("states", "current", "expected"),
    [
        (BASIC, "Done", Move("To Do")),
        (BASIC, "Doing", STAY),
        (AGILE_BUG, "Resolved", Move("New")),
        (NARROW, "Closed", Move("Active")),
        (SCRUM_BUG, "Removed", Move("New")),
    ],
)
def test_reopening(states: Workflow, current: str, expected: Move) -> None:
    assert reopening(current, states) == expected


def test_every_way_ends() -> None:
    state, steps = "New", 0
    while (move := closing(state, NARROW, "completed")).state:
        state, steps = move.state, steps + 1
    assert (state, steps) == ("Closed", 3)

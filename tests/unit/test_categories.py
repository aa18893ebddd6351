"""Workflows of types: read once, and by a second request where the first answer has no states."""

from types import SimpleNamespace
from typing import Any

from shared.azure_devops.organisation import Call
from shared.tickets.work_items.categories import Categories

TYPE = {"name": "Bug", "transitions": {"New": [{"to": "Done"}], "Done": []}}
STATES = [{"name": "New", "category": "Proposed", "color": "b2b2b2"}, {"name": "Done", "category": "Completed"}]


class Organisation:
    """Answers as it is told, and remembers what it was asked."""

    url = "https://dev.azure.com/contoso"

    def __init__(self, of_type: dict[str, Any]) -> None:
        self.of_type = of_type
        self.asked: list[str] = []

    def do(self, call: Call[Any]) -> Any:
        self.asked.append(call.path)
        return call.read({"count": 2, "value": STATES} if call.path.endswith("/states") else self.of_type)


def categories(of_type: dict[str, Any]) -> tuple[Categories, Any]:
    now = SimpleNamespace(at=0.0)
    return Categories(lambda: now.at), Organisation(of_type)


def test_one_request_is_enough_where_the_type_has_its_states() -> None:
    known, organisation = categories({**TYPE, "states": STATES})

    workflow = known.workflow(organisation, "Web Shop", "Bug")

    assert workflow.category("Done") == "Completed"
    assert workflow.allows("New", "Done")
    assert not workflow.allows("Done", "New")
    assert known.workflow(organisation, "Web Shop", "Bug") == workflow
    assert len(organisation.asked) == 1


def test_states_that_are_missing_are_asked_for() -> None:
    known, organisation = categories(TYPE)

    workflow = known.workflow(organisation, "Web Shop", "Bug")

    assert workflow.names == ["New", "Done"]
    assert not workflow.allows("Done", "New")
    assert len(organisation.asked) == 2


def test_a_state_that_is_not_known_is_asked_for_once_more() -> None:
    known, organisation = categories({**TYPE, "states": STATES})

    assert known.category(organisation, "Web Shop", "Bug", "Quite new") == ""
    assert len(organisation.asked) == 2

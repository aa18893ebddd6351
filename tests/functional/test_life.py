"""A ticket's whole life, in every standard process and in one with states, fields and ways of its own."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.stack import Stack
from tests.functional.bridge import Bridge, eventually


@dataclass(frozen=True)
class Process:
    """A project, a type of it, and the states in which a work item of its is found."""

    project: str
    work_item_type: str
    new: str
    doing: str
    done: str
    resolved: str = ""
    """What the type has between; empty if nothing."""
    settings: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.project}-{self.work_item_type}"


OWN = Process(
    "Compliance",
    "Bug",
    new="Reported",
    doing="In the works",
    done="Verified",
    resolved="Mended",
    settings={"fields": {"Custom.Team": "Payments"}},
)
PROCESSES = [
    Process("Web Shop", "Issue", "To Do", "Doing", "Done"),
    Process("Mobile", "Bug", "New", "Active", "Closed", resolved="Resolved"),
    Process("Mobile", "User Story", "New", "Active", "Closed", resolved="Resolved"),
    Process("Platform", "Product Backlog Item", "New", "Committed", "Done"),
    Process("Platform", "Bug", "New", "Committed", "Done"),
    Process("Compliance", "Issue", "Proposed", "Active", "Closed", resolved="Resolved"),
    OWN,
]


@pytest.fixture(params=PROCESSES, ids=str)
def process(request: pytest.FixtureRequest) -> Process:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def bridge(stack: Stack) -> Bridge:
    made = Bridge.fresh(stack, linked=False)
    assert made.connect().ok
    return made


def linked(bridge: Bridge, process: Process, **settings: Any) -> Bridge:
    """Link the asset to the process's project, which is made its own if it has to be."""
    if process is OWN:
        customise(bridge)
    wanted = {"project": process.project, "work_item_type": process.work_item_type, **process.settings, **settings}
    answer = bridge.link(**wanted)
    assert answer.ok, answer.text
    return bridge


def customise(bridge: Bridge) -> None:
    """A process of its own: other names, a required field, and no way past *Mended*."""
    place = {"organization": bridge.name, "project": OWN.project, "type": OWN.work_item_type}
    states = {OWN.new: "Proposed", OWN.doing: "InProgress", OWN.resolved: "Resolved", OWN.done: "Completed"}
    moves = {
        OWN.new: [OWN.doing],
        OWN.doing: [OWN.new, OWN.resolved],
        OWN.resolved: [OWN.doing, OWN.done],
        OWN.done: [OWN.doing],
    }
    bridge.control("POST", "workflows", {**place, "states": states, "moves": moves})
    bridge.control("POST", "rules", {**place, "field": "Custom.Team", "rule": {"required": True}})


def item(bridge: Bridge) -> dict[str, Any]:
    """The one work item that is there."""
    (found,) = [one for one in bridge.work_items() if not one["deleted"]]
    return found


def state(bridge: Bridge) -> str:
    return str(item(bridge)["fields"]["System.State"])


def act(bridge: Bridge, name: str) -> None:
    """Move the card as a person does: on the ways that there are."""
    bridge.act(item(bridge)["id"], state=name)


def said(bridge: Bridge, words: str) -> int:
    """How many comments say this."""
    return sum(words in comment for comment in item(bridge)["comments"])


def until(look: Callable[[], bool], what: str) -> None:
    eventually(look, what=what)


@pytest.mark.slow
def test_the_whole_life(bridge: Bridge, process: Process) -> None:
    linked(bridge, process)
    ticket = bridge.send(severity="medium")
    made = bridge.until(ticket, "open")
    assert (made["work_item"]["type"], made["work_item"]["state"]) == (process.work_item_type, process.new)

    act(bridge, process.doing)
    until(lambda: bridge.ticket(ticket)["work_item"]["state"] == process.doing, "what a person did")
    bridge.send(severity="critical")
    until(lambda: said(bridge, "critical now, it was medium") == 1, "the word that it is worse")
    assert state(bridge) == process.doing

    bridge.send(severity="critical", status="fixed")
    closed = bridge.until(ticket, "closed")
    assert closed["work_item"]["state"] == process.done
    assert said(bridge, "reports that this is fixed") == 1

    bridge.send(severity="critical")
    bridge.until(ticket, "open")
    assert state(bridge) in (process.new, process.doing)
    assert said(bridge, "there again") == 1

    people_close(bridge, process)
    bridge.until(ticket, "awaiting_validation")
    bridge.send(severity="critical", status="false_positive")
    assert bridge.until(ticket, "closed")["work_item"]["state"] == process.done

    number = item(bridge)["id"]
    bridge.act(number, deleted=True)
    bridge.until(ticket, "deleted")
    bridge.send(severity="critical")
    bridge.act(number, deleted=False)
    bridge.until(ticket, "open")
    assert [one["id"] for one in bridge.work_items()] == [number]
    sequences = [update["sequence"] for update in bridge.updates(ticket)]
    until(lambda: bridge.updates(ticket)[-1]["current"]["status"] == "open", "the last update")
    assert sequences == list(range(1, len(sequences) + 1))


def people_close(bridge: Bridge, process: Process) -> None:
    """Close the card, step by step where the process asks for that."""
    if process is OWN and state(bridge) == process.new:
        act(bridge, process.doing)
    if process is OWN:
        act(bridge, process.resolved)
    act(bridge, process.done)


class TestPolicies:
    """Where a link says otherwise. Basic and the process of its own: the simplest one and the narrowest."""

    @pytest.fixture(params=[PROCESSES[0], OWN], ids=str)
    def process(self, request: pytest.FixtureRequest) -> Process:
        return request.param  # type: ignore[no-any-return]

    def test_what_people_close_too_early_is_commented_once(self, bridge: Bridge, process: Process) -> None:
        ticket = self.closed_by_people(bridge, process, closed_by_people="comment")

        until(lambda: said(bridge, "still finds this") == 1, "the comment")
        bridge.send(title="Another title")
        until(lambda: "Another title" in str(item(bridge)["fields"]["System.Title"]), "the new title")
        assert said(bridge, "still finds this") == 1
        assert bridge.until(ticket, "awaiting_validation")["work_item"]["state"] == process.done

    def test_or_opened_again(self, bridge: Bridge, process: Process) -> None:
        ticket = self.closed_by_people(bridge, process, closed_by_people="reopen")

        until(lambda: said(bridge, "still finds this") == 1, "the comment")
        bridge.until(ticket, "open")
        people_close(bridge, process)
        until(lambda: said(bridge, "still finds this") == 2, "the second one")

    def closed_by_people(self, bridge: Bridge, process: Process, **settings: Any) -> str:
        linked(bridge, process, **settings)
        ticket = bridge.send()
        bridge.until(ticket, "open")
        people_close(bridge, process)
        return ticket

    def test_what_returns_gets_a_card_of_its_own(self, bridge: Bridge, process: Process) -> None:
        linked(bridge, process, returned="new")
        ticket = bridge.send()
        first = bridge.until(ticket, "open")["work_item"]["id"]
        bridge.send(status="fixed")
        bridge.until(ticket, "closed")

        bridge.send()

        again = bridge.until(ticket, "open")["work_item"]
        assert again["id"] != first
        assert again["state"] == process.new
        old, new = (next(one for one in bridge.work_items() if one["id"] == number) for number in (first, again["id"]))
        assert old["fields"]["System.State"] == process.done
        assert any(f"/workItems/{first}" in str(relation) for relation in new["relations"])
        bridge.act(first, state=process.doing)  # somebody plays with the old card: that concerns no ticket
        bridge.send(title="Another title")
        until(lambda: self.title(bridge, again["id"]) == "Another title", "the new title")
        assert bridge.ticket(ticket)["work_item"]["id"] == again["id"]

    def title(self, bridge: Bridge, number: int) -> str:
        found = next(one for one in bridge.work_items() if one["id"] == number)
        return str(found["fields"]["System.Title"])

    def test_a_state_is_left_to_people_for_some_statuses(self, bridge: Bridge, process: Process) -> None:
        linked(bridge, process, closing={"risk_accepted": "leave"})
        ticket = bridge.send()
        bridge.until(ticket, "open")

        bridge.send(status="risk_accepted")

        until(lambda: said(bridge, "left to you") == 1, "the word")
        assert state(bridge) == process.new
        bridge.send(status="fixed")
        assert bridge.until(ticket, "closed")["work_item"]["state"] == process.done


def test_fixed_goes_to_resolved_where_the_link_says_so(bridge: Bridge) -> None:
    process = PROCESSES[1]
    linked(bridge, process, closing={"fixed": "resolved"})
    ticket = bridge.send()
    bridge.until(ticket, "open")

    bridge.send(status="fixed")

    until(lambda: state(bridge) == process.resolved, "the resolved card")
    act(bridge, process.done)
    bridge.until(ticket, "closed")
    bridge.send()
    bridge.until(ticket, "open")
    assert state(bridge) == process.new


def test_a_card_that_is_of_another_type_now_is_kept_up_to_date(bridge: Bridge) -> None:
    linked(bridge, PROCESSES[1])
    ticket = bridge.send()
    number = bridge.until(ticket, "open")["work_item"]["id"]
    bridge.act(number, fields={"System.WorkItemType": "Task"})
    until(lambda: bridge.ticket(ticket)["work_item"]["type"] == "Task", "the new type")

    bridge.send(description="Said anew.")

    until(lambda: "Said anew" in str(item(bridge)["fields"].get("System.Description")), "the text where a Task has it")

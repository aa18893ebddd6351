"""Existing work items are linked and unlinked by people: nothing of theirs is overwritten, nothing is made twice."""

from typing import Any

import pytest

from local.stack import Stack
from tests.functional.boards import item, make_item
from tests.functional.bridge import PROJECT, Bridge, eventually

TAG = "Phoenix_Security"


@pytest.fixture
def bridge(stack: Stack) -> Bridge:
    return Bridge.fresh(stack)


def link(bridge: Bridge, ticket: str, number: int) -> Any:
    return bridge.ask("PUT", f"tickets/{ticket}/work-item", json={"id": number})


def linked(bridge: Bridge, ticket: str, number: int) -> dict[str, Any]:
    """Link and wait until it is done."""
    answer = link(bridge, ticket, number)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"].endswith(f"/api/tickets/{ticket}")

    def look() -> dict[str, Any] | None:
        found = bridge.ticket(ticket)
        return found if (found["work_item"] or {}).get("id") == number else None

    return eventually(look, what=f"work item {number} of {ticket} ({bridge.ticket(ticket)})")


def unlinked(bridge: Bridge, ticket: str) -> dict[str, Any]:
    answer = bridge.ask("DELETE", f"tickets/{ticket}/work-item")
    assert answer.status_code == 202, answer.text
    return bridge.until(ticket, "detached")


def parted(bridge: Bridge) -> str:
    """A ticket whose own work item was unlinked."""
    ticket = bridge.send()
    bridge.until(ticket, "open")
    unlinked(bridge, ticket)
    return ticket


@pytest.mark.thorough
def test_what_people_wrote_stays_and_what_changes_later_is_told(bridge: Bridge) -> None:
    ticket = parted(bridge)
    number = make_item(bridge, "Upgrade log4j", **{"System.Tags": "ours"})
    bridge.act(number, state="Doing")

    found = linked(bridge, ticket, number)

    assert (found["status"], found["work_item"]["state"]) == ("open", "Doing")
    now = item(bridge, number)
    assert now["title"] == "Upgrade log4j"
    assert sorted(now["tags"]) == sorted(["ours", TAG])
    assert now["fields"].get("System.Description") is None
    assert len(now["hyperlinks"]) == len(now["comments"]) == 1
    assert "Finding V1" in now["comments"][0]
    assert now["rev"] == 3
    bridge.send(title="Log4Shell")
    eventually(lambda: len(item(bridge, number)["comments"]) == 2, what="the comment")
    assert "Log4Shell" in item(bridge, number)["comments"][1]
    assert item(bridge, number)["title"] == "Upgrade log4j"
    bridge.send(title="Log4Shell", status="fixed")
    assert bridge.until(ticket, "closed")["work_item"] == {**bridge.ticket(ticket)["work_item"], "id": number}
    assert item(bridge, number)["state"] == "Done"


def test_an_unlinked_item_has_nothing_of_ours_left_and_stays(bridge: Bridge) -> None:
    ticket = bridge.send()
    number = bridge.until(ticket, "open")["work_item"]["id"]
    bridge.act(number, fields={"System.Tags": f"{TAG}; theirs"})

    found = unlinked(bridge, ticket)

    assert (found["work_item"], found["error"]["code"]) == (None, "unlinked")
    now = item(bridge, number)
    assert (now["deleted"], now["hyperlinks"], now["tags"]) == (False, [], ["theirs"])
    assert "does not track this any more" in now["comments"][-1]
    revision = now["rev"]
    bridge.send(title="Another title")
    eventually(lambda: bridge.ticket(ticket)["title"] == "Another title", what="the newer snapshot")
    assert item(bridge, number)["rev"] == revision
    assert [entry["change"] for entry in found["history"]][-1] == "unlinked"


def test_a_retry_makes_a_new_item(bridge: Bridge) -> None:
    ticket = parted(bridge)
    (first,) = (one["id"] for one in bridge.work_items())

    assert bridge.ask("POST", f"tickets/{ticket}/retry").status_code == 202

    second = bridge.until(ticket, "open")["work_item"]["id"]
    assert second > first
    assert [len(one["hyperlinks"]) for one in bridge.work_items()] == [0, 1]
    assert all(one["rel"] == "Hyperlink" for one in item(bridge, second)["relations"])


@pytest.mark.thorough
def test_a_deleted_item_is_unlinked_as_it_is_and_its_return_concerns_no_ticket(bridge: Bridge) -> None:
    ticket = bridge.send()
    first = bridge.until(ticket, "open")["work_item"]["id"]
    bridge.act(first, deleted=True)
    bridge.until(ticket, "deleted")
    revision = item(bridge, first)["rev"]
    unlinked(bridge, ticket)
    assert item(bridge, first)["rev"] == revision
    second = make_item(bridge)
    linked(bridge, ticket, second)

    bridge.act(first, deleted=False)
    bridge.act(first, state="Done")
    bridge.act(second, state="Doing")

    eventually(lambda: bridge.ticket(ticket)["work_item"]["state"] == "Doing", what="the state of the linked one")
    assert bridge.ticket(ticket)["work_item"]["id"] == second


def test_a_ticket_whose_item_was_deleted_is_linked_at_once(bridge: Bridge) -> None:
    ticket = bridge.send()
    bridge.act(bridge.until(ticket, "open")["work_item"]["id"], deleted=True)
    bridge.until(ticket, "deleted")
    number = make_item(bridge)

    assert linked(bridge, ticket, number)["status"] == "open"


def test_a_closed_item_awaits_validation_and_is_not_answered(bridge: Bridge) -> None:
    assert bridge.link(closed_by_people="reopen").ok
    ticket = parted(bridge)
    number = make_item(bridge)
    bridge.act(number, state="Done")

    assert linked(bridge, ticket, number)["status"] == "awaiting_validation"

    bridge.send(description="News")
    eventually(lambda: len(item(bridge, number)["comments"]) >= 1, what="the comments")
    assert item(bridge, number)["state"] == "Done"


@pytest.mark.thorough
def test_linking_twice_changes_nothing(bridge: Bridge) -> None:
    ticket, number = parted(bridge), make_item(bridge)
    linked(bridge, ticket, number)
    revision = item(bridge, number)["rev"]

    assert link(bridge, ticket, number).status_code == 202
    assert bridge.ask("POST", f"tickets/{ticket}/retry").ok
    bridge.send(title="News")
    eventually(lambda: item(bridge, number)["rev"] == revision + 1, what="the news")


class TestRefused:
    def test_a_ticket_with_an_item(self, bridge: Bridge) -> None:
        ticket = bridge.send()
        own = bridge.until(ticket, "open")["work_item"]["id"]

        answer = link(bridge, ticket, make_item(bridge))

        assert answer.status_code == 409
        assert str(own) in answer.json()["detail"]
        assert "DELETE" in answer.json()["hint"]

    def test_an_item_of_another_ticket(self, bridge: Bridge) -> None:
        ticket, other = parted(bridge), bridge.send("V2")
        taken = bridge.until(other, "open")["work_item"]["id"]

        answer = link(bridge, ticket, taken)

        assert (answer.status_code, other in answer.json()["detail"]) == (409, True)

    def test_an_item_with_another_installations_mark(self, bridge: Bridge) -> None:
        ticket, number = parted(bridge), make_item(bridge)
        mark = f"https://elsewhere.example/api/tickets/other.{'a' * 32}?attempt={'0' * 16}"
        linked_elsewhere(bridge, number, mark)

        assert link(bridge, ticket, number).status_code == 409

    @pytest.mark.parametrize("state", ["deleted", "missing"])
    def test_an_item_that_is_not_there(self, bridge: Bridge, state: str) -> None:
        ticket = parted(bridge)
        number = make_item(bridge) if state == "deleted" else 4711
        if state == "deleted":
            bridge.act(number, deleted=True)

        answer = link(bridge, ticket, number)

        assert (answer.status_code, answer.json()["problems"][0]["field"]) == (422, "/id")

    @pytest.mark.parametrize("body", [{"id": 0}, {"id": "1"}, {"id": 2**31}, {}, {"id": 1, "more": 1}])
    def test_a_body_that_names_none(self, bridge: Bridge, body: dict[str, Any]) -> None:
        answer = bridge.ask("PUT", f"tickets/{parted(bridge)}/work-item", json=body)

        assert answer.status_code == 422

    def test_a_ticket_without_an_item_has_nothing_to_unlink(self, bridge: Bridge) -> None:
        ticket = bridge.send(status="fixed")
        bridge.until(ticket, "closed")

        assert bridge.ask("DELETE", f"tickets/{ticket}/work-item").status_code == 409

    def test_an_unknown_ticket(self, bridge: Bridge) -> None:
        ticket = f"{bridge.name}.{'a' * 32}"

        assert link(bridge, ticket, 1).status_code == 404
        assert bridge.ask("DELETE", f"tickets/{ticket}/work-item").status_code == 404

    def test_an_item_that_the_process_does_not_let_us_change(self, bridge: Bridge) -> None:
        ticket, number = parted(bridge), make_item(bridge)
        place = {"organization": bridge.name, "project": PROJECT, "type": "Issue"}
        bridge.control("POST", "rules", {**place, "field": "Custom.Team", "rule": {"required": True}})

        assert link(bridge, ticket, number).status_code == 202

        def look() -> dict[str, Any] | None:
            found = bridge.ticket(ticket)
            return found if (found["error"] or {}).get("code") == "not_linked" else None

        assert eventually(look, what="the refusal")["status"] == "detached"
        assert item(bridge, number)["rev"] == 1


def linked_elsewhere(bridge: Bridge, number: int, url: str) -> None:
    answer = bridge.session.patch(
        f"{bridge.stack.addresses.azure_devops}/{bridge.name}/_apis/wit/workitems/{number}?api-version=7.1",
        json=[{"op": "add", "path": "/relations/-", "value": {"rel": "Hyperlink", "url": url}}],
        headers={"Content-Type": "application/json-patch+json"},
        auth=("", bridge.token),
        timeout=30,
    )
    assert answer.ok, answer.text


class TestSearch:
    def test_by_words_by_number_and_what_was_changed_last(self, bridge: Bridge) -> None:
        first, second = make_item(bridge, "Upgrade log4j in the shop"), make_item(bridge, 'Ada\'s "other" one')

        def found(search: str) -> list[int]:
            answer = bridge.ask(
                "GET", f"connections/{bridge.name}/projects/{PROJECT}/work-items", params={"search": search}
            )
            assert answer.status_code == 200, answer.text
            return [one["id"] for one in answer.json()["work_items"]]

        assert found("log4j shop") == [first]
        assert found("ada's") == [second]
        assert found(f"#{first}") == found(str(first)) == [first]
        assert found("") == [second, first]
        assert found("' OR [System.Id] > 0 OR [System.Title] = '") == []
        assert found("nothing") == []

"""What people write in the discussion of a work item is told to the platform: each comment once, ours never."""

import json
from typing import Any

import pytest

from local.stack import Stack
from shared.tickets.observing.hook_events import HookEvent
from tests.functional.boards import item, make_item
from tests.functional.bridge import Bridge, eventually


@pytest.fixture
def bridge(stack: Stack) -> Bridge:
    return Bridge.fresh(stack)


def opened(bridge: Bridge, **changes: Any) -> tuple[str, int]:
    ticket = bridge.send(**changes)
    return ticket, bridge.until(ticket, "open")["work_item"]["id"]


def comments(bridge: Bridge, ticket: str) -> list[dict[str, Any]]:
    return [entry for entry in bridge.ticket(ticket)["history"] if entry["comment"]]


def until_told(bridge: Bridge, ticket: str, count: int) -> list[dict[str, Any]]:
    def look() -> list[dict[str, Any]] | None:
        found = comments(bridge, ticket)
        return found if len(found) >= count else None

    return eventually(look, what=f"{count} comments ({bridge.ticket(ticket)['history']})")


def after_all(bridge: Bridge, ticket: str, number: int) -> list[dict[str, Any]]:
    """Return the comments that were told once a later change of the item has been taken in."""
    bridge.act(number, fields={"System.AssignedTo": "Ada Lovelace <ada@contoso.example>"})
    eventually(lambda: bridge.ticket(ticket)["work_item"]["assigned_to"], what="the assignment")
    bridge.ask("POST", f"connections/{bridge.name}/check")
    return comments(bridge, ticket)


def test_a_comment_is_one_message_with_its_author_and_harmless_words(bridge: Bridge) -> None:
    ticket, number = opened(bridge)
    said = (
        '<p>It is <b>fixed</b> in 2.17.1 &amp; up</p><p>See <a href="https://x.example">this</a></p><script>x</script>'
    )

    bridge.act(number, comment=said, by="Ada Lovelace <ada@contoso.example>")

    (entry,) = until_told(bridge, ticket, 1)
    assert (entry["change"], entry["by"], entry["from"]["state"]) == ("commented", "Ada Lovelace", entry["to"]["state"])
    told = entry["comment"]
    assert told["text"] == "It is fixed in 2.17.1 & up\nSee this"
    assert "<b>fixed</b>" in told["html"]
    assert "script" not in told["html"]
    assert told["at"]
    assert len(after_all(bridge, ticket, number)) == 1
    messages = eventually(
        lambda: [one for one in bridge.updates(ticket) if one["change"] == "commented"], what="the message"
    )
    assert [one["comment"] for one in messages] == [told]
    assert messages[0]["previous"] is not None


@pytest.mark.thorough
def test_a_comment_with_a_change_of_state_is_told_with_it(bridge: Bridge) -> None:
    ticket, number = opened(bridge)

    bridge.act(number, comment="On it", state="Doing")

    (entry,) = until_told(bridge, ticket, 1)
    assert (entry["from"]["state"], entry["to"]["state"]) == ("To Do", "Doing")
    assert len(after_all(bridge, ticket, number)) == 1


def test_ours_are_not_told_and_the_same_person_is(bridge: Bridge) -> None:
    """The token is Bridge's own: a person who has the same name is told all the same."""
    ticket, number = opened(bridge, severity="low")
    bridge.send(severity="critical")
    eventually(lambda: item(bridge, number)["comments"], what="our comment")
    bridge.send(severity="critical", status="fixed")
    bridge.until(ticket, "closed")
    assert len(item(bridge, number)["comments"]) == 2

    bridge.act(number, comment="And a person's", by="Bridge")

    (entry,) = until_told(bridge, ticket, 1)
    assert entry["comment"]["text"] == "And a person's"
    assert [one["comment"]["text"] for one in after_all(bridge, ticket, number)] == ["And a person's"]


@pytest.mark.parametrize("fault", ["drop_after", "status:500"])
def test_ours_are_not_told_either_if_the_answer_was_lost(bridge: Bridge, fault: str) -> None:
    ticket, number = opened(bridge, severity="low")
    bridge.fault("PATCH .*workitems/.*", fault)

    bridge.send(severity="critical")

    eventually(lambda: item(bridge, number)["comments"], what="our comment")
    assert after_all(bridge, ticket, number) == []


def test_what_no_hook_told_is_found_once_by_the_feed(bridge: Bridge) -> None:
    ticket, number = opened(bridge)
    bridge.act(number, comment="First", silent=True)
    bridge.act(number, state="Doing", silent=True)
    bridge.act(number, comment="Second", silent=True)

    for _ in range(2):
        assert bridge.ask("POST", f"connections/{bridge.name}/reconcile").ok
        bridge.ask("POST", f"connections/{bridge.name}/check")
    run_feed(bridge)
    found = until_told(bridge, ticket, 2)

    assert [one["comment"]["text"] for one in found] == ["First", "Second"]
    bridge.act(number, comment="Third")
    until_told(bridge, ticket, 3)
    run_feed(bridge)
    assert [one["comment"]["text"] for one in after_all(bridge, ticket, number)] == ["First", "Second", "Third"]


@pytest.mark.thorough
def test_what_was_said_before_a_deletion_is_told_after_the_restoring(bridge: Bridge) -> None:
    ticket, number = opened(bridge)
    bridge.act(number, comment="Said, and gone", silent=True)
    bridge.act(number, deleted=True)
    bridge.until(ticket, "deleted")

    late = HookEvent(bridge.name, "updated", number, 2, "", "", "", "", "", "", told=False)
    bridge.queue("service-hook-events").send_message(json.dumps(late.message()))

    eventually(lambda: [one for one in bridge.asked() if one["path"].endswith("/updates")], what="a look at them")
    events = bridge.queue("service-hook-events")
    eventually(lambda: not events.get_queue_properties().approximate_message_count, what="an end of the events")
    assert comments(bridge, ticket) == []
    bridge.act(number, deleted=False)
    run_feed(bridge)
    assert until_told(bridge, ticket, 1)[0]["comment"]["text"] == "Said, and gone"


def run_feed(bridge: Bridge) -> None:
    """Ask for what the timer asks for."""
    message = {"schema": 1, "round": "reconcile", "connection": bridge.name, "after": ""}
    bridge.queue("ticket-work").send_message(json.dumps(message))


@pytest.mark.thorough
def test_a_delivery_that_comes_twice_and_late_tells_nothing_again(bridge: Bridge) -> None:
    ticket, number = opened(bridge)
    bridge.act(number, comment="Once")
    until_told(bridge, ticket, 1)
    delivered = bridge.control("GET", f"notifications?organization={bridge.name}")["notifications"]
    hook = bridge.ask("GET", f"connections/{bridge.name}/hook").json()

    for one in delivered:
        assert bridge.hook(json.dumps(one["event"]).encode(), password=hook["password"]).ok

    assert len(after_all(bridge, ticket, number)) == 1


@pytest.mark.thorough
def test_what_was_said_before_an_item_was_linked_is_not_told(bridge: Bridge) -> None:
    ticket, _ = opened(bridge)
    assert bridge.ask("DELETE", f"tickets/{ticket}/work-item").ok
    bridge.until(ticket, "detached")
    number = make_item(bridge)
    bridge.act(number, comment="Before")
    assert bridge.ask("PUT", f"tickets/{ticket}/work-item", json={"id": number}).ok
    bridge.until(ticket, "open")

    bridge.act(number, comment="After")

    until_told(bridge, ticket, 1)
    run_feed(bridge)
    assert [one["comment"]["text"] for one in after_all(bridge, ticket, number)] == ["After"]


def test_comments_flow_in_from_a_redacted_link_and_nothing_out(bridge: Bridge) -> None:
    assert bridge.link(redacted=True).ok
    ticket, number = opened(bridge, title="Very secret title")
    bridge.act(number, comment="Understood")

    assert until_told(bridge, ticket, 1)[0]["comment"]["text"] == "Understood"
    assert "secret title" not in str(item(bridge, number))


@pytest.mark.thorough
def test_a_long_comment_is_cut_visibly(bridge: Bridge) -> None:
    ticket, number = opened(bridge)
    bridge.act(number, comment="🌡️ & <" * 100_000)

    (entry,) = until_told(bridge, ticket, 1)
    assert entry["comment"]["text"].endswith("…")
    assert len(entry["comment"]["text"]) <= 3_001

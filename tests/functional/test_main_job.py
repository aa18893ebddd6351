"""Findings go in, work items appear, what people do comes back."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.functional.bridge import Bridge, eventually

SAMPLE = next((Path(__file__).parents[2] / "samples").glob("*.sarif"))


def marks(item: dict[str, Any]) -> list[str]:
    return [link["url"] if isinstance(link, dict) else link for link in item["hyperlinks"]]


def test_a_snapshot_becomes_a_work_item(bridge: Bridge) -> None:
    ticket = bridge.send("PHX-1", title="SQL injection in login", severity="critical", description="**Bad**\nline")

    found = bridge.until(ticket, "open")

    (item,) = bridge.work_items()
    assert found["work_item"]["id"] == item["id"]
    assert found["work_item"]["url"].endswith(f"/_workitems/edit/{item['id']}")
    assert (found["work_item"]["state"], found["work_item"]["category"]) == ("To Do", "Proposed")
    assert found["vulnerabilities"] == ["PHX-1"]
    assert item["title"] == "SQL injection in login"
    assert item["fields"]["Microsoft.VSTS.Common.Priority"] == 1
    assert "Phoenix_Security" in str(item["tags"])
    assert "<strong>Bad</strong>" in item["fields"]["System.Description"]
    assert any(f"/api/tickets/{ticket}?attempt=" in url for url in marks(item))
    assert [entry["change"] for entry in found["history"]] == ["created"]


def test_the_same_snapshot_again_changes_nothing(bridge: Bridge) -> None:
    ticket = bridge.send()
    before = bridge.until(ticket, "open")
    asked = len(bridge.asked())

    assert bridge.send() == ticket
    other = bridge.send("V2")
    bridge.until(other, "open")

    assert bridge.ticket(ticket) == before
    assert len(bridge.work_items()) == 2
    assert not [request for request in bridge.asked()[asked:] if request["method"] == "PATCH"]


def test_a_newer_snapshot_changes_the_work_item_and_an_older_one_does_not(bridge: Bridge) -> None:
    ticket = bridge.send(title="first", sequence=5)
    bridge.until(ticket, "open")

    bridge.send(title="second", sequence=7)
    eventually(lambda: bridge.ticket(ticket)["title"] == "second", what="the new title")
    bridge.send(title="late", sequence=6)
    bridge.until(bridge.send("V2"), "open")

    assert bridge.ticket(ticket)["title"] == "second"
    assert sorted(item["title"] for item in bridge.work_items()) == ["Finding V2", "second"]


def test_what_a_person_changed_is_theirs(bridge: Bridge) -> None:
    ticket = bridge.send(severity="medium")
    item = bridge.until(ticket, "open")["work_item"]["id"]
    bridge.act(item, fields={"Microsoft.VSTS.Common.Priority": 4})

    bridge.send(severity="critical")
    eventually(lambda: bridge.ticket(ticket)["severity"] == "critical", what="the new severity")

    (after,) = bridge.work_items()
    assert after["fields"]["Microsoft.VSTS.Common.Priority"] == 4


def test_a_fixed_vulnerability_closes_its_work_item_and_a_returned_one_reopens_it(bridge: Bridge) -> None:
    ticket = bridge.send()
    bridge.until(ticket, "open")

    bridge.send(status="fixed")
    closed = bridge.until(ticket, "closed")
    bridge.send(status="open")
    reopened = bridge.until(ticket, "open")

    assert closed["work_item"]["category"] == "Completed"
    assert reopened["work_item"]["category"] == "Proposed"
    assert len(bridge.work_items()) == 1


def test_what_was_never_open_makes_no_work_item(bridge: Bridge) -> None:
    ticket = bridge.send(status="false_positive")

    bridge.until(ticket, "closed")

    assert bridge.work_items() == []


def test_what_people_do_comes_back(bridge: Bridge) -> None:
    ticket = bridge.send()
    item = bridge.until(ticket, "open")["work_item"]["id"]

    bridge.act(item, state="Done", by="Jamal Hartnett")
    done = bridge.until(ticket, "awaiting_validation")
    bridge.act(item, deleted=True)
    bridge.until(ticket, "deleted")
    bridge.act(item, deleted=False)
    restored = bridge.until(ticket, "awaiting_validation")
    updates = eventually(lambda: found if len(found := bridge.updates(ticket)) == 4 else None, what="updates")

    assert done["work_item"]["state"] == "Done"
    assert restored["work_item"]["revision"] > done["work_item"]["revision"]
    assert [update["sequence"] for update in updates] == [1, 2, 3, 4]
    assert [update["change"] for update in updates] == ["created", "updated", "deleted", "restored"]
    assert [update["current"]["status"] for update in updates] == [
        "open",
        "awaiting_validation",
        "deleted",
        "awaiting_validation",
    ]
    assert updates[1]["by"] == "Jamal Hartnett"
    assert updates[1]["previous"]["status"] == "open"


def test_what_people_do_comes_back_within_two_seconds(bridge: Bridge) -> None:
    """The quickest of some, for the machine has other things to do, too."""
    ticket = bridge.send()
    item = bridge.until(ticket, "open")["work_item"]["id"]
    deeds: list[tuple[dict[str, Any], str]] = [
        ({"state": "Done"}, "awaiting_validation"),
        ({"deleted": True}, "deleted"),
        ({"deleted": False}, "awaiting_validation"),
        ({"state": "To Do"}, "open"),
    ]
    rounds = [[seconds_until(bridge, ticket, item, *deed) for deed in deeds] for _ in range(3)]

    assert [quickest for quickest in map(min, zip(*rounds, strict=True)) if quickest >= 2] == [], rounds


def seconds_until(bridge: Bridge, ticket: str, item: int, deed: dict[str, Any], status: str) -> float:
    """From a deed of a person until the ticket shows it."""
    started = time.monotonic()
    bridge.act(item, **deed)
    bridge.until(ticket, status)
    return time.monotonic() - started


def test_the_sample_report_has_one_work_item_for_each_result_and_none_again(bridge: Bridge) -> None:
    report = SAMPLE.read_bytes()
    count = len(json.loads(report)["runs"][0]["results"])

    first = bridge.import_sarif(report).json()
    tickets = bridge.until_all(count)
    asked = len(bridge.asked())
    second = bridge.import_sarif(report).json()
    third = bridge.import_(json.dumps([bridge.snapshot("marker")]).encode()).json()
    bridge.until_all(count + 1)

    assert (first["accepted"], first["changed"], first["refused"]) == (count, count, 0)
    assert (second["changed"], second["unchanged"]) == (0, count)
    assert third["changed"] == 1
    items = bridge.work_items()
    assert len(items) == count + 1
    assert len({mark.partition("?")[0] for item in items for mark in marks(item)}) == count + 1
    assert {ticket["work_item"]["id"] for ticket in tickets} < {item["id"] for item in items}
    changes = [request for request in bridge.asked()[asked:] if request["method"] in ("POST", "PATCH")]
    assert [request["path"].rpartition("/")[2] for request in changes] == ["$Issue"]  # the marker's, nothing else
    for item in items[:count]:
        assert item["fields"]["Microsoft.VSTS.Common.Priority"] in (2, 3, 4)
        assert ":" in item["title"]


@pytest.mark.thorough
def test_a_second_process_can_play_the_platform(bridge: Bridge) -> None:
    """Only the queue SDK and the two queues' names are needed."""
    bridge.queue("ticket-requests").send_message(json.dumps(bridge.snapshot("Q1")))

    (ticket,) = bridge.until_all(1)
    updates = eventually(lambda: bridge.updates(ticket["id"]), what="the update message")

    assert updates[0]["current"]["work_item"]["url"] == ticket["work_item"]["url"]
    assert "history" not in updates[0]["current"]


def test_a_large_snapshot_travels_as_a_blob(bridge: Bridge) -> None:
    from azure.storage.blob import BlobServiceClient  # noqa: PLC0415

    blobs = BlobServiceClient.from_connection_string(bridge.stack.addresses.storage_connection_string)
    name = f"{bridge.name}.json"
    blobs.get_container_client("ticket-requests").upload_blob(
        name, json.dumps(bridge.snapshot("B1", description="x" * 90_000))
    )

    bridge.queue("ticket-requests").send_message(json.dumps({"schema": 1, "blob": name}))

    assert bridge.until_all(1)[0]["vulnerabilities"] == ["B1"]


@pytest.mark.parametrize(
    "project", ["Mobile", *(pytest.param(p, marks=pytest.mark.thorough) for p in ("Platform", "Compliance"))]
)
def test_every_standard_process(bridge: Bridge, project: str) -> None:
    work_item_type = {"Platform": "Product Backlog Item"}.get(project, "Issue")
    asset = f"{bridge.asset}-{project}"
    assert bridge.link(asset=asset, project=project, work_item_type=work_item_type).status_code == 200

    ticket = bridge.send("P1", asset={"kind": "application", "id": asset})
    bridge.until(ticket, "open")
    bridge.send("P1", asset={"kind": "application", "id": asset}, status="fixed")

    assert bridge.until(ticket, "closed")["work_item"]["category"] == "Completed"


def test_a_bug_shows_the_text_where_its_form_does(bridge: Bridge) -> None:
    assert bridge.link(project="Mobile", work_item_type="bug").json()["work_item_type"] == "Bug"

    bridge.until(bridge.send(description="the *details*"), "open")

    (item,) = bridge.work_items()
    assert "<em>details</em>" in item["fields"]["Microsoft.VSTS.TCM.ReproSteps"]

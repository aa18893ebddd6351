"""Somebody is faster than we are, between two of our steps."""

from tests.functional.bridge import Bridge, eventually
from tests.functional.stored import belongings

PATCH = "PATCH .*_apis/wit/workitems/.*"


def test_an_edit_between_our_reading_and_our_patch_is_not_overwritten(bridge: Bridge) -> None:
    ticket = bridge.send(title="first")
    item = bridge.until(ticket, "open")["work_item"]["id"]
    bridge.fault(PATCH, "latency:1000")
    bridge.send(title="second")

    def announced() -> bool:
        rows, _ = belongings(bridge)
        return any(row.get("sending") for row in rows.values())

    eventually(announced, what="the patch")
    bridge.act(item, fields={"System.Title": "a person's"})

    def told() -> bool:
        (found,) = bridge.work_items()
        return bool(found["comments"]) or found["title"] != "a person's"

    eventually(told, what="our answer to it")
    (found,) = bridge.work_items()
    assert found["title"] == "a person's"
    assert "second" in found["comments"][0]

"""Somebody is faster than we are, between two of our steps."""

from typing import Any

from tests.functional.bridge import Bridge, eventually

PATCH = "PATCH .*_apis/wit/workitems/.*"


def test_an_edit_between_our_reading_and_our_patch_is_not_overwritten(bridge: Bridge) -> None:
    """On a busy machine the person may come too late, but not three times."""
    number = next(found for name in ("V1", "V2", "V3") if (found := edited_meanwhile(bridge, name)))

    def item() -> dict[str, Any]:
        return next(one for one in bridge.work_items() if one["id"] == number)

    eventually(lambda: item()["comments"] or item()["title"] != "a person's", what="our answer to it")
    assert item()["title"] == "a person's"
    assert "second" in item()["comments"][0]


def edited_meanwhile(bridge: Bridge, name: str) -> int:
    """Edit a work item while our patch of it is under way; 0 if that was faster."""
    number = int(bridge.until(bridge.send(name, title="first"), "open")["work_item"]["id"])
    bridge.fault(PATCH, "latency:1500")
    bridge.send(name, title="second")
    eventually(lambda: not is_armed(bridge), what="the patch")
    return number if bridge.act(number, fields={"System.Title": "a person's"})["rev"] == 2 else 0


def is_armed(bridge: Bridge) -> bool:
    return any(bridge.name in str(fault) for fault in bridge.control("GET", "faults")["faults"])

"""A person who makes work items in Azure Boards."""

from typing import Any

from tests.functional.bridge import PROJECT, Bridge


def make_item(bridge: Bridge, title: str = "Made by Ada", *, work_item_type: str = "Issue", **fields: Any) -> int:
    """Make a work item as Ada does, who knows nothing of the bridge; return its number."""
    asked = {"organization": bridge.name, "user": "Ada Lovelace <ada@contoso.example>"}
    token = bridge.control("POST", "personal-access-tokens", asked)["token"]
    patch = [{"op": "add", "path": f"/fields/{name}", "value": text} for name, text in fields.items()]
    answer = bridge.session.post(
        f"{bridge.stack.addresses.azure_devops}/{bridge.name}/{PROJECT}/_apis/wit/workitems/${work_item_type}",
        params={"api-version": "7.1"},
        json=[{"op": "add", "path": "/fields/System.Title", "value": title}, *patch],
        headers={"Content-Type": "application/json-patch+json"},
        auth=("", token),
        timeout=30,
    )
    assert answer.ok, answer.text
    return int(answer.json()["id"])


def item(bridge: Bridge, number: int) -> dict[str, Any]:
    """Return a work item as it is now."""
    return next(one for one in bridge.work_items() if one["id"] == number)

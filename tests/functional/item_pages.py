"""The work items of a test's own organisation, as people see them."""

from typing import Any

from tests.functional.bridge import PROJECT, Bridge


def only(bridge: Bridge) -> dict[str, Any]:
    """The one work item that there is, without the one that is a parent."""
    [item] = [item for item in bridge.work_items() if item["fields"]["System.Title"] != "The parent"]
    return item


def made(bridge: Bridge, **vulnerability: Any) -> dict[str, Any]:
    bridge.until(bridge.send(**vulnerability), "open")
    return only(bridge)


def files(bridge: Bridge, item: dict[str, Any]) -> dict[str, bytes]:
    links = [link for link in item.get("relations", []) if link["rel"] == "AttachedFile"]
    return {
        link["attributes"]["name"]: bridge.session.get(link["url"], auth=("", bridge.token), timeout=10).content
        for link in links
    }


def item_of_a_person(bridge: Bridge) -> int:
    """A work item that is not ours."""
    url = f"{bridge.stack.addresses.azure_devops}/{bridge.name}/{PROJECT}/_apis/wit/workitems/$Epic?api-version=7.1"
    patch = [{"op": "add", "path": "/fields/System.Title", "value": "The parent"}]
    headers = {"Content-Type": "application/json-patch+json"}
    answer = bridge.session.post(url, json=patch, headers=headers, auth=("", bridge.token), timeout=10)
    return int(answer.json()["id"])


def comments(bridge: Bridge, item: int) -> str:
    url = f"{bridge.stack.addresses.azure_devops}/{bridge.name}/{PROJECT}/_workitems/edit/{item}"
    return bridge.session.get(url, timeout=10).text

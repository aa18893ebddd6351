"""Service hook subscriptions as a person sees and breaks them, and as the bridge would make them."""

import json
from base64 import b64encode
from typing import Any

import requests

from local.environment import HOOK_KEY
from shared.azure_devops.organisation import Organisation, new_session
from shared.connections.defaults import Defaults
from shared.connections.models import Connection
from shared.links.service_hooks import EVENTS, ServiceHooks
from tests.functional.bridge import PROJECT, Bridge

UPDATED = "workitem.updated"


def call(bridge: Bridge, method: str, path: str, body: Any = None) -> requests.Response:
    url = f"{bridge.stack.addresses.azure_devops}/{bridge.name}/_apis/{path}"
    params = {"api-version": "7.1"}
    answer = bridge.session.request(method, url, json=body, params=params, auth=("", bridge.token), timeout=30)
    assert answer.ok, answer.text
    return answer


def subscriptions(bridge: Bridge, event: str = "") -> list[dict[str, Any]]:
    found = call(bridge, "GET", "hooks/subscriptions").json()["value"]
    return [hook for hook in found if event in ("", hook["eventType"])]


def one(bridge: Bridge, event: str = UPDATED) -> dict[str, Any]:
    (hook,) = subscriptions(bridge, event)
    return hook


def set_status(bridge: Bridge, status: str, event: str = UPDATED) -> None:
    bridge.control("POST", f"subscriptions/{one(bridge, event)['id']}", {"status": status})


def change(bridge: Bridge, *, publisher: Any = None, consumer: Any = None, **top: Any) -> None:
    """Edit the subscription for updates as a person would in its form."""
    hook = one(bridge)
    inputs = {
        "publisherInputs": hook["publisherInputs"] | (publisher or {}),
        "consumerInputs": hook["consumerInputs"] | (consumer or {}),
    }
    call(bridge, "PUT", f"hooks/subscriptions/{hook['id']}", {**hook, **inputs, **top})


def delete_all(bridge: Bridge) -> None:
    for hook in subscriptions(bridge):
        call(bridge, "DELETE", f"hooks/subscriptions/{hook['id']}")


def organisation(bridge: Bridge) -> Organisation:
    basic = f"Basic {b64encode(f':{bridge.token}'.encode()).decode()}"
    url = f"{bridge.stack.addresses.azure_devops}/{bridge.name}"
    return Organisation(url, new_session(), lambda _: basic, seconds=30)


def connection(bridge: Bridge) -> Connection:
    url = f"{bridge.stack.addresses.azure_devops}/{bridge.name}"
    return Connection(bridge.name, url, "personal_access_token", "", "", Defaults())


def hooks(bridge: Bridge, *, epoch: int = 1, key: str = "", public_url: str = "") -> ServiceHooks:
    """Service hooks as the functions under test would make them with other settings."""
    key = key or bridge.stack.vault.get(HOOK_KEY) or ""
    return ServiceHooks(public_url or bridge.stack.addresses.functions, key, epoch)


def project_id(bridge: Bridge, name: str = PROJECT) -> str:
    return str(call(bridge, "GET", f"projects/{name}").json()["id"])


def subscribe_with(bridge: Bridge, made_by: ServiceHooks) -> None:
    """Have none but the subscriptions that the functions would make with other settings."""
    delete_all(bridge)
    made_by.provide(organisation(bridge), connection(bridge), project_id(bridge))


def check(bridge: Bridge) -> dict[str, Any]:
    answer = bridge.ask("POST", f"connections/{bridge.name}/check")
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["service_hooks"])


def assert_sound(bridge: Bridge) -> None:
    """There is exactly one subscription for each event, and it is as it should be."""
    found = subscriptions(bridge)
    assert sorted(hook["eventType"] for hook in found) == list(EVENTS)
    for hook in found:
        publisher, consumer = hook["publisherInputs"], hook["consumerInputs"]
        assert hook["status"] == "enabled"
        assert hook["resourceVersion"] == "1.0"
        assert (publisher["projectId"], publisher["tag"]) == (project_id(bridge), "Phoenix_Security")
        assert not publisher.get("areaPath")
        assert consumer["url"] == hooks(bridge).url(bridge.name)
        assert consumer["basicAuthUsername"] == "azure-devops"


def down(bridge: Bridge) -> list[str]:
    return [alert["message"] for alert in bridge.alerts() if alert["kind"] == "hooks_down"]


def text(value: Any) -> str:
    return json.dumps(value)

"""What one delivery costs, and setting hooks up by hand."""

import json
from base64 import b64encode
from typing import Any

import azure.functions as func
import pytest
import requests

from shared.connections.hook_password import derive
from shared.edge import Edge
from shared.triggers import http_hooks
from tests.functional.bridge import Bridge, eventually
from tests.functional.service_hooks import call, check, delete_all, hooks, project_id, subscriptions

KEY = "k" * 48
_FIELDS = {"System.State": "Done", "System.WorkItemType": "Issue", "System.Tags": "Phoenix_Security"}


@pytest.fixture
def sent(azurite: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every HTTP request that leaves this process while the intake runs in it."""
    settings = {
        "AzureWebJobsStorage": azurite,
        "HOOK_KEY": KEY,
    }
    found: list[str] = []
    send = requests.adapters.HTTPAdapter.send

    def counted(adapter: Any, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        found.append(f"{request.method} {str(request.url).partition('?')[0].rpartition('/devstoreaccount1/')[2]}")
        return send(adapter, request, **options)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", counted)
    monkeypatch.setattr(http_hooks, "edge", Edge(settings))
    deliver(updated(1))  # the queue itself is made at its first use
    monkeypatch.setattr(http_hooks, "edge", Edge(settings))
    found.clear()
    return found


def updated(item: int, **fields: str) -> bytes:
    revision = {"id": item, "rev": 3, "fields": {**_FIELDS, **fields}}
    resource = {"id": 3, "workItemId": item, "revision": revision}
    return json.dumps({"eventType": "workitem.updated", "resource": resource}).encode()


def deliver(body: bytes, *, password: str = "") -> tuple[int, Any]:
    basic = b64encode(f"azure-devops:{password or derive(KEY, 'contoso', 1)}".encode()).decode()
    request = func.HttpRequest(
        "POST",
        "/api/hooks/contoso",
        headers={"Authorization": f"Basic {basic}"},
        route_params={"connection": "contoso"},
        body=body,
    )
    handler: Any = http_hooks.take_hook
    answer = handler(request)
    return answer.status_code, json.loads(answer.get_body())


def test_an_event_costs_one_queue_write_and_nothing_else(sent: list[str]) -> None:
    assert deliver(updated(7)) == (200, {"event": "taken"})

    assert sent == ["POST service-hook-events/messages"]


def test_a_push_costs_one_queue_write_too_and_of_the_same_queue(sent: list[str]) -> None:
    """The edge may write to no other."""
    repository = {"id": "7aa31685-abcf-40be-8c18-aaa45067d7bb", "name": "shop"}
    updates = [{"name": "refs/heads/main", "oldObjectId": "0" * 40, "newObjectId": "1" * 40}]
    body = json.dumps({"eventType": "git.push", "resource": {"repository": repository, "refUpdates": updates}}).encode()
    deliver(body)
    sent.clear()

    assert deliver(body) == (200, {"event": "taken"})
    assert sent == ["POST service-hook-events/messages"]


def test_two_megabytes_become_one_small_message(sent: list[str]) -> None:
    body = updated(7, **{"System.Description": "x" * 2_000_000})

    assert deliver(body) == (200, {"event": "taken"})
    assert sent == ["POST service-hook-events/messages"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"eventType": "workitem.created", "resource": {"id": 7}}', "ignored"),
        (b'{"eventType": "git.push", "resource": {}}', "ignored"),
        (
            (
                b'{"subscriptionId": "00000000-0000-0000-0000-000000000000", "eventType": "workitem.deleted",'
                b' "resource": {"id": 5, "rev": 1, "fields": {"System.State": "New"}}}'
            ),
            "test",
        ),
        (b"\xef\xbb\xbf{}", "ignored"),
        (b"\xff\xfe", "unreadable"),
        (b" " * (3 * 1024 * 1024), "unreadable"),
    ],
    ids=["created", "push", "test", "byte order mark", "no text", "3 MB"],
)
def test_what_is_authentic_and_tells_nothing_is_thanked_for_and_costs_nothing(
    sent: list[str], body: bytes, expected: str
) -> None:
    assert deliver(body) == (200, {"event": expected})
    assert sent == []


def test_without_the_password_nothing_leaves_the_process(sent: list[str]) -> None:
    assert deliver(updated(7), password="wrong")[0] == 401
    assert sent == []


class TestByHand:
    def shown(self, bridge: Bridge) -> dict[str, Any]:
        answer = bridge.ask("GET", f"connections/{bridge.name}/hook")
        assert answer.status_code == 200, answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        return dict(answer.json())

    def test_what_was_typed_in_from_it_works_and_is_taken_for_ours(self, bridge: Bridge) -> None:
        """By a person who may; the forms' values as the API takes them."""
        delete_all(bridge)
        for form in self.shown(bridge)["subscriptions"]:
            trigger, action = form["trigger"], form["action"]
            consumer = {
                "url": action["URL"],
                "basicAuthUsername": action["Basic authentication username"],
                "basicAuthPassword": action["Basic authentication password"],
                "resourceDetailsToSend": action["Resource details to send"].lower(),
            }
            body = {
                "publisherId": "tfs",
                "eventType": form["event"],
                "resourceVersion": action["Resource version"],
                "consumerId": "webHooks",
                "consumerActionId": "httpRequest",
                "publisherInputs": {"projectId": project_id(bridge), "tag": trigger["Tag"], "areaPath": ""},
                "consumerInputs": consumer,
            }
            call(bridge, "POST", "hooks/subscriptions", body)
        typed = {hook["id"] for hook in subscriptions(bridge)}

        assert check(bridge)["mended"] == []

        assert {hook["id"] for hook in subscriptions(bridge)} == typed
        ticket = bridge.until(bridge.send(), "open")
        bridge.act(ticket["work_item"]["id"], state="Done")
        bridge.until(ticket["id"], "awaiting_validation")

    def test_every_form_is_complete(self, bridge: Bridge) -> None:
        forms = {form["trigger"]["Trigger on this type of event"]: form for form in self.shown(bridge)["subscriptions"]}

        assert set(forms) == {f"Work item {verb}" for verb in ("updated", "deleted", "restored", "commented on")}
        assert {form["trigger"]["Tag"] for form in forms.values()} == {"Phoenix_Security"}
        assert forms["Work item updated"]["trigger"]["Field"] == "[Any]"

    def test_the_password_is_for_the_host_key_only_and_in_no_log(self, bridge: Bridge) -> None:
        password = hooks(bridge).password(bridge.name)
        platform = bridge.stack.addresses.function_key

        assert self.shown(bridge)["password"] == password
        assert bridge.ask("GET", f"connections/{bridge.name}/hook", key=platform).status_code == 401
        assert bridge.ask("GET", f"connections/{bridge.name}/hook", key="").status_code == 401
        assert bridge.ask("GET", f"connections/{bridge.name}-x/hook").status_code == 404
        log = bridge.stack.state / "logs" / "functions.log"
        eventually(lambda: "show_hook" in log.read_text(), what="the line of the call")
        assert password not in log.read_text()

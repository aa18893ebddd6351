"""The functions themselves, called as the host calls them, where a fault is easier made than provoked."""

import json
from base64 import b64encode
from types import SimpleNamespace
from typing import Any

import azure.functions as func
import pytest

from shared.connections.hook_password import derive
from shared.edge import Edge
from shared.errors import BridgeError, ConfigurationError, RejectedRequestError, TransientError
from shared.services import Services
from shared.settings import SCHEDULES
from shared.triggers import answers, http_connections, http_edge_health, http_health, http_hooks

KEY = "k" * 48
EVENT = {"eventType": "workitem.updated", "resource": {"workItemId": 7, "revision": {"id": 7, "rev": 2}}}
GOOD = {
    "AzureWebJobsStorage": "AccountName=a;AccountKey=canary",
    "KEY_VAULT_URL": "https://v.vault.azure.net",
    "PUBLIC_URL": "https://bridge.example",
    "HOOK_KEY": KEY,
    **dict.fromkeys(SCHEDULES, "0 * * * * *"),
}


class Broken:
    """A queue that does not take messages."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def send(self, _message: dict[str, Any]) -> None:
        raise self.error


def ask(function: Any, method: str = "GET", **request: Any) -> tuple[int, dict[str, Any]]:
    answer = function(func.HttpRequest(method, "/api/x", **{"body": b"", **request}))
    return answer.status_code, json.loads(answer.get_body())


def deliver(queue: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[int, dict[str, Any]]:
    settings = SimpleNamespace(hook_key=KEY, hook_epoch=1)
    monkeypatch.setattr(http_hooks, "edge", SimpleNamespace(settings=settings, hook_events=queue))
    credentials = b64encode(f"azure-devops:{derive(KEY, 'contoso', 1)}".encode()).decode()
    return ask(
        http_hooks.take_hook,
        "POST",
        headers={"Authorization": f"Basic {credentials}"},
        route_params={"connection": "contoso"},
        body=json.dumps(EVENT).encode(),
    )


@pytest.mark.parametrize(
    "error", [TransientError("no answer"), ConfigurationError(["no right"]), OSError(), ValueError()]
)
def test_a_hook_that_cannot_be_queued_is_sent_again_by_azure_devops(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, document = deliver(Broken(error), monkeypatch)

    assert (status, document["status"]) == (503, 503)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"AzureWebJobsStorage": ""}, ["AzureWebJobsStorage"]),
        ({"AzureWebJobsStorage": "canary=1"}, ["AzureWebJobsStorage"]),
        ({"AzureWebJobsStorage": "AccountName=a;AccountKey="}, ["AzureWebJobsStorage"]),
        ({"AzureWebJobsStorage": "UseDevelopmentStorage=true"}, ["AzureWebJobsStorage"]),
        ({"KEY_VAULT_URL": ""}, ["KEY_VAULT_URL"]),
        ({"KEY_VAULT_URL": "https://[canary"}, ["KEY_VAULT_URL"]),
        ({"PUBLIC_URL": "https://bridge.example:canary"}, ["PUBLIC_URL"]),
        ({"HOOK_KEY": " "}, ["HOOK_KEY"]),
        ({"SWEEP_SCHEDULE": ""}, ["SWEEP_SCHEDULE"]),
        ({"TIME_SCALE": "inf"}, ["TIME_SCALE"]),
        ({"MAX_IMPORT_BYTES": "9" * 5000}, ["MAX_IMPORT_BYTES"]),
        ({"HOOK_KEY": "canary", "HOOK_EPOCH": "canary"}, ["HOOK_KEY", "HOOK_EPOCH"]),
        (dict.fromkeys(GOOD, ""), ["AzureWebJobsStorage", *list(GOOD)[1:]]),
    ],
)
def test_health_names_every_bad_setting_and_no_value(
    change: dict[str, str], named: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_health, "services", Services({**GOOD, **change}))

    status, document = ask(http_health.health)

    assert status == 503
    assert [problem["message"].partition(" ")[0] for problem in document["problems"]] == named
    assert "canary" not in json.dumps(document)


def test_a_service_uri_is_judged_like_every_address(monkeypatch: pytest.MonkeyPatch) -> None:
    uris = {f"AzureWebJobsStorage__{service}ServiceUri": "ftp://canary" for service in ("queue", "table", "blob")}
    monkeypatch.setattr(http_health, "services", Services({**GOOD, "AzureWebJobsStorage": "", **uris}))

    _, document = ask(http_health.health)

    assert [problem["message"].partition(" ")[0] for problem in document["problems"]] == list(uris)


def test_settings_that_can_be_used_are_healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_health, "services", Services(GOOD))

    assert ask(http_health.health) == (200, {"status": "healthy"})


@pytest.mark.parametrize("error", [RejectedRequestError("half \ud800", hint="\udfff"), KeyError("canary")])
def test_whatever_goes_wrong_is_a_problem_document(error: Exception) -> None:
    @answers.answered
    def handler(_: func.HttpRequest) -> func.HttpResponse:
        raise error

    answer = handler(func.HttpRequest("GET", "/", body=b""))

    assert answer.mimetype == "application/problem+json"
    assert answer.status_code == (400 if isinstance(error, BridgeError) else 503)
    assert b"canary" not in answer.get_body()


@pytest.mark.parametrize("condition", ['"an etag"', "W/*", "**"])
def test_a_condition_that_would_protect_nothing_is_refused(condition: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        pytest.fail("it was saved")

    monkeypatch.setattr(http_connections, "services", SimpleNamespace(save_connection=never))

    status, document = ask(
        http_connections.save_connection,
        "PUT",
        headers={"If-None-Match": condition},
        route_params={"connection": "contoso"},
        body=json.dumps({"url": "https://dev.azure.com/contoso"}).encode(),
    )

    assert (status, document["problems"][0]["field"]) == (400, "If-None-Match")


def test_a_flag_is_true_or_false(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_health, "services", Services(GOOD))

    status, document = ask(http_health.health, params={"deep": "yes"})

    assert (status, document["problems"][0]["field"]) == (400, "deep")


def test_the_edge_is_healthy_as_soon_as_it_can_take_deliveries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_edge_health, "edge", Edge({"HOOK_KEY": KEY, "AzureWebJobsStorage__accountName": "acc"}))

    assert ask(http_edge_health.health) == (200, {"status": "healthy"})


def test_the_edges_health_names_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_edge_health, "edge", Edge({"HOOK_KEY": KEY}))

    status, document = ask(http_edge_health.health)

    assert status == 503
    assert [problem["message"].partition(" ")[0] for problem in document["problems"]] == ["AzureWebJobsStorage"]

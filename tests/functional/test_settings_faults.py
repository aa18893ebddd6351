"""Settings that are missing or bad: every one is named by `/health` and by the first call, no value by either."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.settings import SCHEDULES
from tests.functional.host_process import REPOSITORY, HostProcess, launch

STARTS = {"FUNCTIONS_WORKER_RUNTIME": "python", **dict.fromkeys(SCHEDULES, "0 0 0 29 2 *")}
GOOD = {
    "KEY_VAULT_URL": "https://127.0.0.1:1",
    "PUBLIC_URL": "http://127.0.0.1:1",
    "HOOK_KEY": "k" * 48,
    "AZURE_DEVOPS_URL": "http://127.0.0.1:1",
}
ASSET = {"kind": "application", "id": "a"}
SNAPSHOT = {"id": "V1", "asset": ASSET, "title": "t", "severity": "low", "status": "open"}
TOKEN = {"kind": "personal_access_token", "token": "t" * 52}
CALLS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "tickets", None),
    ("POST", "tickets", {"schema": 1, "vulnerability": SNAPSHOT}),
    ("POST", "tickets/import", []),
    ("PUT", "connections/a", {"url": "https://dev.azure.com/a", "credential": TOKEN}),
    ("PUT", "links/application/a", {"connection": "a", "project": "p"}),
    ("GET", "failed-messages", None),
    ("POST", "connections/a/check", None),
)


@contextmanager
def host(folder: Path, storage: str, **settings: str) -> Iterator[HostProcess]:
    """The app itself with these settings, without keys, on a storage account that no other test's app uses."""
    file = folder / "settings.json"
    values = {**STARTS, "AzureWebJobsStorage": storage, **settings}
    file.write_text(json.dumps({"IsEncrypted": False, "Values": values}))
    with launch(REPOSITORY, "--settings", str(file)) as process:
        running = HostProcess(process)
        try:
            yield running
        finally:
            running.stop()


def problems(answer: requests.Response) -> list[str]:
    assert answer.status_code == 503, answer.text
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    document = answer.json()
    assert "application settings" in document["hint"]
    return [problem["message"] for problem in document["problems"]]


def test_one_missing_setting(tmp_path: Path, azurite: str) -> None:
    settings = {name: value for name, value in GOOD.items() if name != "HOOK_KEY"}
    with host(tmp_path, azurite, **settings) as running:
        found = problems(requests.get(f"{running.url}/api/health", timeout=30))

    assert found == ["HOOK_KEY is not set"]


def test_all_that_is_wrong_is_named_at_once_by_every_call_and_no_value_is_told(tmp_path: Path, azurite: str) -> None:
    bad = {
        "PUBLIC_URL": "canary.example",
        "KEY_VAULT_URL": "http://canary.vault.azure.net",
        "HOOK_KEY": "canary-too-short",
        "AZURE_DEVOPS_URL": "https://[canary",
        "MAX_IMPORT_BYTES": "canary",
        "TIME_SCALE": "0.0001",
        "HOOK_EPOCH": "0",
    }
    with host(tmp_path, azurite, **bad) as running:
        health = requests.get(f"{running.url}/api/health", timeout=30)
        hook = requests.post(f"{running.url}/api/hooks/a", json={}, timeout=30)
        others = [
            requests.request(method, f"{running.url}/api/{path}", json=body, timeout=30) for method, path, body in CALLS
        ]

    found = problems(health)
    assert {message.partition(" ")[0] for message in found} == set(bad)
    assert len(found) == len(bad)
    assert [problems(answer) for answer in others] == [found] * len(CALLS)
    taking = [message for message in found if message.startswith("HOOK_")]  # the others keep no delivery from its queue
    assert problems(hook) == taking
    everything = [running.errors, *(f"{answer.headers} {answer.text}" for answer in [health, hook, *others])]
    assert not [text for text in everything if "canary" in text]


def test_good_settings_are_healthy(tmp_path: Path, azurite: str) -> None:
    """Health judges settings only: Key Vault and Azure DevOps do not answer here."""
    with host(tmp_path, azurite, **GOOD) as running:
        answer = requests.get(f"{running.url}/api/health", timeout=30)

    assert (answer.status_code, answer.json()) == (200, {"status": "healthy"})


@pytest.mark.parametrize("name", ["AzureWebJobsStorage", "SWEEP_SCHEDULE"])
def test_what_the_host_itself_needs_is_named_when_it_refuses_to_start(tmp_path: Path, azurite: str, name: str) -> None:
    values = {**STARTS, **GOOD, "AzureWebJobsStorage": azurite}
    del values[name]
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"IsEncrypted": False, "Values": values}))

    with launch(REPOSITORY, "--settings", str(file)) as process:
        _, errors = process.communicate(timeout=30)

    assert process.returncode == 1
    assert name in errors

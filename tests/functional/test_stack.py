"""The whole machine: `local.stack` as tests use it, and `python -m local` as people do."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from local.environment import HOOK_KEY
from local.ports import PREFERRED, answers
from local.processes import REPOSITORY
from local.reaper import PATIENCE, runs
from local.seed import ORGANISATION, Seed
from local.stack import Stack
from tests.functional.conftest import AZURITE, wait_until

pytestmark = pytest.mark.skipif(
    not Path(os.environ.get("AZURITE", AZURITE)).is_file(), reason="Azurite is not installed: run `make install`"
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("state"), time_scale=0.02, in_memory_storage=True) as running:
        yield running


def _get(url: str, key: str = "") -> int:
    return requests.get(url, headers={"x-functions-key": key} if key else {}, timeout=30).status_code


def test_the_functions_are_healthy(stack: Stack) -> None:
    health = requests.get(f"{stack.addresses.functions}/api/health", timeout=30)

    assert health.ok, health.text


def test_the_platforms_key_opens_the_tickets_and_nothing_else(stack: Stack) -> None:
    where = stack.addresses

    assert _get(f"{where.functions}/api/tickets", where.function_key) == 200
    assert _get(f"{where.functions}/api/connections", where.function_key) == 401
    assert _get(f"{where.functions}/api/connections", where.host_key) == 200
    assert _get(f"{where.functions}/api/tickets") == 401


def test_the_hook_key_is_random_and_in_key_vault(stack: Stack) -> None:
    assert len(stack.vault.get(HOOK_KEY) or "") >= 48


@pytest.mark.thorough
def test_a_killed_host_starts_again_on_the_same_address(stack: Stack) -> None:
    before = stack.addresses
    stack.kill("functions")
    with pytest.raises(requests.ConnectionError):
        _get(f"{before.functions}/api/health")

    assert stack.start_functions() == before.functions

    assert _get(f"{before.functions}/api/health") == 200
    assert stack.addresses.pids["functions"] != before.pids["functions"]


@pytest.mark.thorough
def test_a_second_host_shares_storage_and_keys(stack: Stack) -> None:
    second = stack.start_functions("second")

    assert second != stack.addresses.functions
    assert _get(f"{second}/api/tickets", stack.addresses.function_key) == 200
    stack.kill("second")


def _hooks(seed: Seed, stack: Stack) -> list[str]:
    """The addresses that the service hooks of the simulated organisation call."""
    url = f"{stack.addresses.azure_devops}/{ORGANISATION}/_apis/hooks/subscriptions"
    token = seed.personal_access_token()
    found = requests.get(url, auth=("", token), params={"api-version": "7.1"}, timeout=30).json()["value"]
    return [hook["consumerInputs"]["url"] for hook in found]


@pytest.mark.thorough
def test_functions_that_moved_to_another_port_get_service_hooks_again(tmp_path: Path) -> None:
    hooks: set[str] = set()
    for _ in range(2):
        with Stack(tmp_path, time_scale=0.02) as stack:
            seed = Seed(stack.addresses)
            seed.connect()
            seed.link()
            hooks.add(f"{stack.addresses.functions}/api/hooks/{ORGANISATION}")
            called = [hook.partition("?")[0] for hook in _hooks(seed, stack)]
        noted = json.loads((tmp_path / "ports.json").read_text())
        (tmp_path / "ports.json").write_text(json.dumps(noted | {"functions": 0}))

    assert len(hooks) == 2
    assert set(called) == {f"{stack.addresses.functions}/api/hooks/{ORGANISATION}"}


@contextmanager
def _make_run(state: Path) -> Iterator[subprocess.Popen[str]]:
    (state / "ports.json").write_text(json.dumps(dict.fromkeys(PREFERRED, 0)))  # 0: any, since others run here too
    with subprocess.Popen(
        [sys.executable, "-m", "local"],
        cwd=REPOSITORY,
        env={**os.environ, "LOCAL_STATE": str(state)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def _until(process: subprocess.Popen[str], text: str) -> str:
    """Return what is printed up to the line with `text`; the test's time-out ends a wait for ever."""
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        if text in line:
            return printed
    pytest.fail(f"It ended without {text!r}:\n{printed}")


def _addresses(state: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((state / "addresses.json").read_text())
    return found


@pytest.mark.slow
def test_make_run_shows_tickets_survives_crashes_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with _make_run(tmp_path) as process:
        printed = _until(process, "Ready")
        where = _addresses(tmp_path)

        assert "tickets:" in printed
        assert re.search(r"^#\d+ +To Do +2 ", printed, re.MULTILINE)
        assert (tmp_path / "addresses.json").stat().st_mode & 0o777 == 0o600
        assert all(runs(pid) for pid in where["pids"].values())

        os.kill(where["pids"]["functions"], signal.SIGKILL)
        _until(process, "functions answers again")
        wait_until(
            lambda: _addresses(tmp_path)["pids"]["functions"] != where["pids"]["functions"],
            seconds=5,
            what="the new process id",
        )
        pids = _addresses(tmp_path)["pids"].values()

        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=3 * PATIENCE) == 0
        assert not any(runs(pid) for pid in pids)
        assert not (tmp_path / "addresses.json").exists()

    with _make_run(tmp_path) as process:
        assert "nothing changed" in _until(process, "Ready")


@pytest.mark.thorough
def test_a_killed_make_run_leaves_nothing_behind(tmp_path: Path) -> None:
    with _make_run(tmp_path) as process:
        _until(process, "Ready")
        where = _addresses(tmp_path)

        process.send_signal(signal.SIGKILL)

        wait_until(lambda: not any(runs(pid) for pid in where["pids"].values()), seconds=30, what="the end of all")
        assert not answers(int(where["functions"].rpartition(":")[2]))

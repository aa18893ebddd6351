"""A report of 20,000 results, as the process that takes it in sees it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from local.stack import Stack
from tests.functional.bridge import Bridge
from tests.functional.conftest import TIME_SCALE
from tests.functional.test_full_imports import sarif

RESULTS = 20_000
MOST = 300 * 1024 * 1024


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Bridge]:
    """A connection that creates nothing meanwhile, in a stack whose functions have done nothing else."""
    with Stack(tmp_path, time_scale=TIME_SCALE, in_memory_storage=True) as stack:
        bridge = Bridge.fresh(stack)
        assert bridge.connect(enabled=False).ok
        yield bridge


def report(count: int) -> bytes:
    text = "Data from a request reaches this call without being checked, so that a caller chooses what is done. " * 4
    found = [
        {
            "ruleId": f"R{number % 50}",
            "message": {"text": f"{text}({number})"},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": f"src/{number // 10}.py"},
                           "region": {"startLine": number, "snippet": {"text": f"call({number})"}}}}],
            "partialFingerprints": {"primaryLocationLineHash": f"{number:x}:1"},
        }
        for number in range(count)
    ]  # fmt: skip
    run: dict[str, Any] = {"tool": {"driver": {"name": "CodeQL"}}, "results": found}
    return sarif(run | {"invocations": [{"executionSuccessful": True}]})


def peak(stack: Stack) -> int:
    """The most memory that the process of the functions ever had, in bytes."""
    status = Path(f"/proc/{stack.addresses.pids['functions']}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def send(bridge: Bridge, body: bytes, **query: str) -> dict[str, Any]:
    addresses = bridge.stack.addresses
    answer = requests.post(
        f"{addresses.functions}/api/tickets/import",
        params={"kind": "application", "asset": bridge.asset, **query},
        data=body,
        headers={"x-functions-key": addresses.host_key, "Content-Type": "application/sarif+json"},
        timeout=230,
    )
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_a_report_of_20_000_results_stays_under_300_mb(large: Bridge) -> None:
    first = send(large, report(RESULTS))
    second = send(large, report(RESULTS - 10), full="true")

    assert (first["changed"], second["unchanged"], second["gone"]) == (RESULTS, RESULTS - 10, 10)
    assert peak(large.stack) < MOST

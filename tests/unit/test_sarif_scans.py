"""What a report says of its scans: which one it is, and whether it looked at everything."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.tickets import sarif
from shared.tickets.imports import arrays
from shared.tickets.vulnerabilities.scans import Scan
from tests.unit.sarif_reports import ASSET, report, result

WELL = [{"executionSuccessful": True, "endTimeUtc": "2026-11-20T10:00:00Z"}]


def scans(document: dict[str, Any], name: str = "") -> tuple[Scan, ...]:
    return sarif.report(io.BytesIO(json.dumps(document).encode()), ASSET, name=name).scans


def test_a_scan_is_its_tool_and_its_automation_details() -> None:
    document = report(result(), tool="CodeQL", automationDetails={"id": "web/python/"}, invocations=WELL)

    assert scans(document) == (Scan("CodeQL", "web/python/", "", datetime(2026, 11, 20, 10, tzinfo=UTC)),)
    assert scans(document, name="nightly")[0].name == "nightly"


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ({}, "executionSuccessful"),
        ({"invocations": []}, "executionSuccessful"),
        ({"invocations": [{}]}, "executionSuccessful"),
        ({"invocations": [*WELL, {"executionSuccessful": False}]}, "executionSuccessful"),
        ({"invocations": [{"executionSuccessful": "true"}]}, "executionSuccessful"),
        ({"invocations": WELL, "results": None}, "did not scan"),
        ({"invocations": WELL, "tool": {"driver": {}}}, "no tool"),
    ],
)
def test_only_a_whole_scan_is_complete(run: dict[str, Any], words: str) -> None:
    document = report()
    document["runs"][0] |= run

    assert words in scans(document)[0].incomplete


def test_a_scan_without_results_may_be_complete() -> None:
    assert scans(report(invocations=WELL))[0].incomplete == ""


def test_each_finding_has_the_scan_of_its_run() -> None:
    document = report(result(), tool="A")
    document["runs"] += report(result(), result(code="y"), tool="B")["runs"]

    found = sarif.report(io.BytesIO(json.dumps(document).encode()), ASSET)

    assert [scan.tool for scan, _ in found.findings()] == ["A", "B", "B"]
    assert len(list(found.findings())) == 3, "it can be read again"


def test_an_array_is_complete_if_somebody_says_what_it_is() -> None:
    named, unnamed = (arrays.report(io.BytesIO(b"[]"), name=name) for name in ("nightly", ""))

    assert named.scans == (Scan(name="nightly"),)
    assert "source" in unnamed.scans[0].incomplete

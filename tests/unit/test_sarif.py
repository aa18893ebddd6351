"""SARIF → snapshots: what the reader makes of a report, and that no report breaks it."""

import contextlib
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import RejectedRequestError
from shared.tickets import sarif
from shared.tickets.vulnerabilities.scans import RefusedResult
from shared.tickets.vulnerabilities.snapshots import Severity, Status, Vulnerability
from tests.unit.sarif_reports import ASSET, Json, one, read, rejected, report, result, vulnerabilities

SAMPLE = Path(__file__).parents[2] / "samples" / "bandit-scrapy-2.11.0.sarif"


def test_the_sample_becomes_one_open_vulnerability_for_each_result() -> None:
    found = vulnerabilities(SAMPLE.read_bytes())

    assert len({item.id for item in found}) == len(found) == 95
    assert {item.severity for item in found} == {Severity.HIGH, Severity.MEDIUM, Severity.LOW}
    assert all(item.status is Status.OPEN and item.cwe and item.references for item in found)
    shell = next(item for item in found if item.rule == "B605")
    assert shell.title == (
        "Starting a process with a shell, possible injection detected, security issue in scrapy/commands/edit.py:40"
    )
    assert shell.id.startswith("bandit:B605:scrapy/commands/edit.py:")
    assert shell.observed_at is not None
    assert shell.location is not None
    assert "os.system" in shell.location.snippet


def test_the_sample_names_no_machine() -> None:
    text = SAMPLE.read_text()

    assert "file:" not in text
    assert not any(f'"/{root}' in text for root in ("home", "tmp", "root", "Users", "work"))


@pytest.mark.parametrize(
    "order", [["version", "runs", "$schema"], ["$schema", "runs", "version"]], ids=["first", "last"]
)
def test_the_version_may_stand_anywhere(order: list[str]) -> None:
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", **report(result())}

    assert len(read({name: document[name] for name in order})) == 1


def test_rules_may_stand_after_the_results() -> None:
    run = report(result(), rules=({"id": "R1", "helpUri": "https://r.example/1"},))["runs"][0]

    (found,) = vulnerabilities({"runs": [{"results": run["results"], "tool": run["tool"]}], "version": "2.1.0"})

    assert found.references == ("https://r.example/1",)


@pytest.mark.parametrize(
    ("document", "field", "words"),
    [
        ({"runs": []}, "/version", "without a SARIF version"),
        ({"version": "2.0.0", "runs": []}, "/version", "of SARIF 2.0.0"),
        ({"version": ["2.1.0"], "runs": []}, "/version", "without a SARIF version"),
        ({"version": "2.1.0"}, "/runs", "no runs"),
        ({"version": "2.1.0", "runs": None}, "/runs", "no runs"),
        ({"version": "2.1.0", "runs": [3]}, "/runs/0", "not a JSON object"),
        ([], "", "not a JSON object"),
        (b'{"version": "2.1.0", "runs": [], "runs": []}', "/runs", "twice"),
        (b'{"version": "2.1.0", "runs": [{"results": [], "results": []}]}', "/runs/0/results", "twice"),
        ({"version": "2.1.0", "runs": [{}] * 1_001}, "/runs", "more than 1,000 runs"),
    ],
)
def test_what_is_not_sarif_is_rejected_by_name(document: object, field: str, words: str) -> None:
    error = rejected(document)

    assert words in error.message
    assert error.hint
    assert [problem.field for problem in error.problems] == [field]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b'{"version": "2.1.0", "runs": [', "ends after 30 bytes"),
        (b'{\n "version": NaN}', "line 2, column 13 (byte 15)"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "line 1"),
        (b'{"a": 1e99999999999999999999}', "line 1"),
        (b'{"a": "\\udc00"}', "line 1"),
        (b'{"a": "\xff"}', "line 1, column 8"),
        (b'{"version": "2.1.0", "runs": []} {}', "line 1, column 34"),
        (b'{"a": "' + b"x" * 70_000 + b'",\n}', "line 2, column 1 "),
        ("{}".encode("utf-16"), "UTF-16"),
        ("{}".encode("utf-16-le"), "UTF-16"),
        (b"[" * 10_000 + b"]" * 10_000, "not a JSON object"),
        (b'{"a": ' * 10_000 + b"1" + b"}" * 10_000, "nested"),
        (b'{"runs": [{"tool": ' + b"[" * 10_000 + b"]" * 10_000 + b"}]}", "nested"),
    ],
)
def test_what_is_not_whole_json_in_utf_8_is_rejected_with_its_place(data: bytes, words: str) -> None:
    assert words in rejected(data).message


def test_a_report_is_judged_whole_before_its_first_result() -> None:
    data = json.dumps(report(*[result()] * 3)).encode()[:-1]

    with pytest.raises(RejectedRequestError):
        sarif.report(io.BytesIO(data), ASSET)


def test_a_byte_order_mark_is_no_fault() -> None:
    assert len(read(b"\xef\xbb\xbf" + json.dumps(report(result())).encode())) == 1


def test_a_bad_result_is_refused_alone_with_its_place() -> None:
    found = read(report(result(), 5, {}, {**result(), "x": [0] * 30_000}, result(path="src/b.py")))

    refused = [item for item in found if isinstance(item, RefusedResult)]
    assert len(found) == 5
    assert [(item.index, item.field) for item in refused] == [
        (1, "/runs/0/results/1"),
        (2, "/runs/0/results/2/message"),
        (3, "/runs/0/results/3"),
    ]


def test_too_much_besides_the_results_is_rejected() -> None:
    error = rejected(report(result(), artifacts=[1] * 600_001))

    assert error.status == 413
    assert error.problems[0].field == "/runs/0/artifacts"


def test_results_of_all_runs_are_counted_together() -> None:
    document = report(result())
    document["runs"] += report({}, tool="Other")["runs"] + report(result(), tool="Other")["runs"]

    first, refused, last = read(document)

    assert isinstance(refused, RefusedResult)
    assert (refused.index, refused.field) == (1, "/runs/1/results/0/message")
    assert isinstance(first, Vulnerability)
    assert isinstance(last, Vulnerability)
    assert first.id.split(":")[0] == "lint"
    assert last.id.split(":")[0] == "other"


@pytest.mark.parametrize(
    ("points", "severity"),
    [
        ("9.0", Severity.CRITICAL),
        (8.9, Severity.HIGH),
        ("7.0", Severity.HIGH),
        (4, Severity.MEDIUM),
        ("0.1", Severity.LOW),
        ("0.0", Severity.INFO),
        ("Infinity", Severity.LOW),
        ("much", Severity.LOW),
        (11, Severity.LOW),
        (True, Severity.LOW),
    ],
)
def test_a_security_severity_counts_before_the_level(points: object, severity: Severity) -> None:
    rule = {"id": "R1", "properties": {"security-severity": points}}

    assert one(result(level="note"), rules=(rule,)).severity is severity


@pytest.mark.parametrize(
    ("more", "default", "severity"),
    [
        ({"level": "error"}, "note", Severity.HIGH),
        ({"level": "none"}, "error", Severity.INFO),
        ({}, "error", Severity.HIGH),
        ({}, None, Severity.MEDIUM),
        ({"level": "error", "properties": {"issue_severity": "LOW"}}, None, Severity.LOW),
        ({"level": "error", "kind": "review"}, None, Severity.INFO),
        ({"rank": 95}, None, Severity.CRITICAL),
        ({"rank": 20.5}, None, Severity.LOW),
        ({"rank": -1}, None, Severity.MEDIUM),
        ({"rank": 95, "level": "note"}, None, Severity.LOW),
    ],
)
def test_without_a_score_the_level_decides(more: Json, default: str | None, severity: Severity) -> None:
    rule = {"id": "R1", "defaultConfiguration": {"level": default}}

    assert one(result(**more), rules=(rule,)).severity is severity


@pytest.mark.parametrize("kind", ["pass", "notApplicable", "informational"])
def test_a_success_is_no_vulnerability(kind: str) -> None:
    assert read(report(result(kind=kind))) == []


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, Status.OPEN),
        ({"suppressions": []}, Status.OPEN),
        ({"suppressions": [{"kind": "inSource"}]}, Status.RISK_ACCEPTED),
        ({"suppressions": [{"kind": "external", "status": "accepted"}]}, Status.RISK_ACCEPTED),
        ({"suppressions": [{"kind": "external", "status": "underReview"}]}, Status.OPEN),
        ({"suppressions": [{"kind": "inSource"}, {"status": "rejected"}]}, Status.OPEN),
        (
            {"suppressions": [{"kind": "external", "justification": "False positive: never reached"}]},
            Status.FALSE_POSITIVE,
        ),
        (
            {"suppressions": [{"justification": "x", "properties": {"category": "not-vulnerable"}}]},
            Status.FALSE_POSITIVE,
        ),
        ({"suppressions": [{"justification": "not a false positive, but accepted"}]}, Status.RISK_ACCEPTED),
        ({"suppressions": [{"justification": "false_positive", "status": "underReview"}]}, Status.OPEN),
        ({"baselineState": "absent"}, Status.FIXED),
        ({"baselineState": "absent", "suppressions": [{"kind": "inSource"}]}, Status.FIXED),
        ({"baselineState": "unchanged"}, Status.OPEN),
        ({"baselineState": "updated"}, Status.OPEN),
        ({"baselineState": "new"}, Status.OPEN),
    ],
)
def test_suppressed_is_accepted_and_absent_is_fixed(more: Json, status: Status) -> None:
    assert one(result(**more)).status is status


def test_the_end_of_the_last_invocation_is_when_it_was_observed() -> None:
    times = ["2026-11-20T10:00:00Z", "2026-11-20T12:30:00.5Z", "yesterday"]
    invocations = [{"endTimeUtc": time} for time in times]

    assert one(result(), invocations=invocations).observed_at == datetime(2026, 11, 20, 12, 30, 0, 500_000, UTC)
    assert one(result()).observed_at is None


def test_memory_holds_no_results() -> None:
    """The iterator reads on only as far as it is asked to."""
    body = io.BytesIO(json.dumps(report(*[result()] * 5_000)).encode())

    found = sarif.report(body, ASSET).findings()
    next(found)

    assert isinstance(found, Iterator)
    assert body.tell() < len(body.getvalue()) / 2


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = [
    *(
        "ruleId",
        "rule",
        "ruleIndex",
        "message",
        "text",
        "markdown",
        "id",
        "arguments",
        "level",
        "kind",
        "uri",
    ),
    *(
        "locations",
        "physicalLocation",
        "region",
        "snippet",
        "artifactLocation",
        "uriBaseId",
        "index",
        "startLine",
    ),
    *(
        "properties",
        "tags",
        "security-severity",
        "suppressions",
        "fingerprints",
        "partialFingerprints",
        "name",
    ),
    *("logicalLocations", "fullyQualifiedName", "toolComponent", "baselineState", "hostedViewerUri"),
]
mistyped = st.recursive(
    values,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=20,
)
RUN_NAMES = [
    *("tool", "driver", "extensions", "rules", "artifacts", "originalUriBaseIds", "versionControlProvenance"),
    *("invocations", "logicalLocations"),
]


@given(st.binary() | values.map(lambda value: json.dumps(value).encode()))
def test_arbitrary_bytes_are_read_or_rejected(data: bytes) -> None:
    with contextlib.suppress(RejectedRequestError):
        assert read(data) == []


@given(
    st.lists(st.dictionaries(st.sampled_from(NAMES), mistyped), max_size=4),
    st.dictionaries(st.sampled_from(RUN_NAMES), mistyped, max_size=3),
)
def test_members_of_any_type_cost_no_more_than_their_result(found: list[Json], run: Json) -> None:
    for item in read({"version": "2.1.0", "runs": [{"results": found, **run}]}):
        assert isinstance(item, Vulnerability | RefusedResult)

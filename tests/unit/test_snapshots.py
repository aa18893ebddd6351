"""Snapshots: what is taken, what is refused, and that sent twice it is the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import RejectedRequestError
from shared.tickets.vulnerabilities.snapshots import MAX_TEXT, Vulnerability, read_snapshot

LEAST: dict[str, Any] = {
    "id": "PHX-2041",
    "asset": {"kind": "application", "id": "web-shop"},
    "title": "Log4Shell",
    "severity": "critical",
    "status": "open",
}


def snapshot(**changes: Any) -> dict[str, Any]:
    return {"schema": 1, "vulnerability": {**LEAST, **changes}}


def refusal(value: Any) -> RejectedRequestError:
    with pytest.raises(RejectedRequestError) as caught:
        read_snapshot(value)
    return caught.value


def test_the_least_is_enough() -> None:
    assert read_snapshot(snapshot()).severity == "critical"


@pytest.mark.parametrize("field", list(LEAST))
def test_a_missing_field_is_named(field: str) -> None:
    body = snapshot()
    del body["vulnerability"][field]

    error = refusal(body)

    assert [problem.field for problem in error.problems] == [f"/vulnerability/{field}"]
    assert error.status == 422


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"severity": "urgent"}, "/vulnerability/severity"),
        ({"status": "closed"}, "/vulnerability/status"),
        ({"title": "  "}, "/vulnerability/title"),
        ({"title": 7}, "/vulnerability/title"),
        ({"id": ""}, "/vulnerability/id"),
        ({"id": "x" * 1001}, "/vulnerability/id"),
        ({"asset": {"kind": "server", "id": "a"}}, "/vulnerability/asset/kind"),
        ({"score": 11}, "/vulnerability/score"),
        ({"score": float("nan")}, "/vulnerability/score"),
        ({"observed_at": "2026-11-20T10:00:00"}, "/vulnerability/observed_at"),
        ({"cve": ["a"] * 1001}, "/vulnerability/cve"),
        ({"location": {"line": 0}}, "/vulnerability/location/line"),
    ],
)
def test_a_wrong_field_is_named(changes: dict[str, Any], field: str) -> None:
    assert [problem.field for problem in refusal(snapshot(**changes)).problems] == [field]


@pytest.mark.parametrize("body", [None, [], "x", {}, {"schema": 2}, {"schema": 1}])
def test_what_is_no_snapshot_is_refused(body: Any) -> None:
    assert refusal(body).problems


def test_unknown_fields_are_ignored_and_null_means_nothing() -> None:
    vulnerability = read_snapshot(snapshot(added_later=1, description=None, tags=None, location=None, custom=None))

    assert (vulnerability.description, vulnerability.tags, vulnerability.custom) == ("", (), {})


def test_long_text_is_cut_visibly() -> None:
    text = read_snapshot(snapshot(description="x" * (MAX_TEXT + 1))).description

    assert len(text) == MAX_TEXT
    assert "cut here" in text


def test_half_a_surrogate_pair_can_be_stored() -> None:
    vulnerability = read_snapshot(snapshot(title="a\ud800b", custom={"k": "\udfff"}))

    assert Vulnerability.unpacked(vulnerability.packed()) == vulnerability


def test_when_it_was_said_is_no_part_of_what_it_says() -> None:
    earlier = read_snapshot(snapshot(observed_at="2026-11-20T10:00:00Z", sequence=1))
    later = read_snapshot(snapshot(observed_at="2026-11-21T10:00:00Z", sequence=2))

    assert earlier.fingerprint() == later.fingerprint()
    assert earlier.fingerprint() != read_snapshot(snapshot(status="fixed")).fingerprint()


@given(st.text(min_size=1, max_size=200).filter(str.strip), st.text(max_size=300), st.lists(st.text(max_size=20)))
def test_what_is_stored_reads_back(title: str, description: str, tags: list[str]) -> None:
    vulnerability = read_snapshot(snapshot(title=title, description=description, tags=tags[:100]))

    again = Vulnerability.unpacked(vulnerability.packed())

    assert again == vulnerability
    assert again.fingerprint() == vulnerability.fingerprint()


def test_texts_of_the_platforms_own_are_cut_as_others_are() -> None:
    found = read_snapshot(snapshot(custom={"a": {"b": ["x" * 200_000, "y"]}})).custom["a"]["b"]

    assert (len(found[0]), found[1]) == (MAX_TEXT, "y")
    assert "cut here" in found[0]

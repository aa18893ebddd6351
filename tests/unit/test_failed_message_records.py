"""What is kept of a failed message fits its row and the messages that tell of it, whatever was sent."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.errors import FieldProblem, RejectedRequestError
from shared.storage import tables
from shared.storage.queues import MAX_MESSAGE_BYTES
from shared.storage.raw_queues import decoded, encoded
from shared.storage.sizes import checked_size
from shared.storage.tables import Row
from shared.tickets.failed_messages.fail import refusal
from shared.tickets.failed_messages.records import (
    FailedMessage,
    Reason,
    Subject,
    read,
    row_values,
    subject_of,
    view,
)

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
WORST = "\x01"
"""Six bytes in JSON."""


def failed(**changes: Any) -> FailedMessage:
    return replace(FailedMessage("ticket-requests", "m", b"{}", NOW, NOW, Reason("refused", "why", "do")), **changes)


def worst() -> FailedMessage:
    problems = [FieldProblem(WORST * 50_000, WORST * 50_000)] * 50
    reason = Reason.of(RejectedRequestError(WORST * 50_000, hint=WORST * 50_000, problems=problems))
    subject = Subject(WORST * 1_000, {"kind": WORST * 1_000, "id": WORST * 1_000})
    return failed(payload=b"\xff" * 65_536, reason=reason, subject=subject)


@pytest.mark.parametrize("message", [failed(), failed(payload=b""), worst()], ids=["plain", "empty", "worst"])
def test_it_fits_its_row_and_is_read_as_it_was_written(message: FailedMessage) -> None:
    values = row_values(message)

    checked_size(tables.upsert("f|x", values))
    again = read(Row("failed", "f|x", values, "", NOW))

    assert replace(again, reason=replace(again.reason, problems=())) == replace(
        message, reason=replace(message.reason, problems=())
    )
    assert again.id == message.id


def test_a_few_problems_are_kept_whole() -> None:
    problems = (FieldProblem("/a", "is missing"), FieldProblem("/b", "is wrong"))

    message = failed(reason=Reason("refused", "why", "do", problems))

    assert read(Row("failed", "f|x", row_values(message), "", NOW)).reason.problems == problems


def test_the_worst_can_still_be_told() -> None:
    text = json.dumps(refusal(worst()), separators=(",", ":"), ensure_ascii=False)

    assert len(text.encode()) <= MAX_MESSAGE_BYTES


def test_ids_put_the_latest_first_and_stay_the_same() -> None:
    times = [NOW + timedelta(seconds=n) for n in (0, 1, 60, 86_400 * 365 * 50)]

    ids = [failed(sent_at=at).id for at in times]

    assert ids == sorted(ids, reverse=True)
    assert failed(failed_at=times[1], reason=Reason("no_result", "", "")).id == ids[0]
    assert len({failed().id, failed(message="n").id, failed(queue="q").id}) == 3


@pytest.mark.parametrize(
    "content",
    [None, [], "x", 7, {}, {"vulnerability": []}, {"vulnerability": {"id": 7, "asset": "a"}}, {"vulnerability": None}],
)
def test_what_cannot_be_read_is_about_nothing(content: Any) -> None:
    assert subject_of(content) == Subject()


@pytest.mark.parametrize(
    ("asset", "expected"),
    [
        ({"kind": "application", "id": "a"}, {"kind": "application", "id": "a"}),
        ({"kind": "application", "id": "a", "more": {}}, {"kind": "application", "id": "a"}),
        ({"kind": "application"}, None),
        ({"kind": "application", "id": ""}, None),
        ({"kind": "application", "id": "x" * 1_001}, None),
    ],
)
def test_the_asset_is_told_whole_or_not_at_all(asset: Any, expected: Any) -> None:
    assert subject_of({"vulnerability": {"id": "V1", "asset": asset}}) == Subject("V1", expected)


def test_lists_cut_payloads_and_one_message_is_whole() -> None:
    message = failed(payload="ü".encode() * 6_000)

    assert view(message)["payload"] == "ü" * 5_000
    assert view(message, whole=True)["payload"] == "ü" * 6_000
    assert view(message)["payload_bytes"] == 12_000


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\x00", b"YWJj", b"x" * 49_152, b"<" * 65_536, "ü".encode()])
def test_content_survives_the_wire(content: bytes) -> None:
    text = encoded(content)

    assert decoded(text.encode()) == content
    assert len(text) <= 65_536

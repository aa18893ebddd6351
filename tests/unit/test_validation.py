"""What comes in: JSON or not, fields named by their pointers, nothing repeated that was sent."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from shared.errors import RejectedRequestError
from shared.validation import parse_json, validated, well_formed


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: int
    names: list[str] = []


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid")

    part: Part
    parts: dict[str, Part] = {}


def refusal(body: bytes | str) -> RejectedRequestError:
    with pytest.raises(RejectedRequestError) as caught:
        parse_json(body, what="thing")
    assert caught.value.status == 400
    assert caught.value.hint
    return caught.value


def wrong(value: Any, at: str = "") -> RejectedRequestError:
    with pytest.raises(RejectedRequestError) as caught:
        validated(Whole, value, what="thing", at=at)
    assert caught.value.status == 422
    return caught.value


class TestJson:
    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"", "line 1, column 1"),
            (b'{"a":\n 1,}', "line 2, column 3"),
            (b"\xff", "byte 0"),
            (b"NaN", "not JSON"),
            (b"[1, Infinity]", "not JSON"),
            (b"[" * 100_000, "not JSON"),
            (b"1" * 10_000, "not JSON"),
            ("nul", "line 1, column 1"),
        ],
    )
    def test_what_is_no_json_is_told_where(self, body: bytes | str, words: str) -> None:
        assert words in str(refusal(body))

    def test_a_byte_order_mark_is_no_mistake(self) -> None:
        assert parse_json(b"\xef\xbb\xbf{}", what="thing") == {}

    def test_what_was_sent_is_not_repeated(self) -> None:
        assert "canary" not in str(refusal(b'{"token": "canary", "canary"'))

    @pytest.mark.parametrize(
        ("body", "value"),
        [
            (rb'{"a\ud800": ["\uDFFF!"]}', {"a?": ["?!"]}),
            (rb'"\ud83d\ude00"', "😀"),
            (rb'"\\ud800"', "\\ud800"),
            ('"😀"'.encode(), "😀"),
        ],
    )
    def test_half_a_surrogate_pair_becomes_a_question_mark_and_a_whole_one_stays(self, body: bytes, value: Any) -> None:
        assert parse_json(body, what="thing") == value

    @given(st.recursive(st.text() | st.integers() | st.none(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)))
    def test_whatever_is_read_can_be_written(self, value: Any) -> None:
        for ascii_only in (True, False):
            text = json.dumps(value, ensure_ascii=ascii_only)
            assert parse_json(text.encode(), what="thing") == value

    @given(st.text(st.characters(categories=["Cs", "L"])))
    @example("\ud800\udc00")  # two halves that JSON makes one character of
    @example("\udc00\ud800")
    def test_a_well_formed_text_can_be_sent(self, text: str) -> None:
        sent = json.dumps(text)
        assert parse_json(sent, what="thing") == well_formed(json.loads(sent))
        assert len(well_formed(text).encode()) >= len(text)


class TestModels:
    def test_every_wrong_field_is_named_by_its_pointer(self) -> None:
        error = wrong({"part": {"number": "x", "names": [1]}, "parts": {"a/b~c": {}}, "more": 1})

        assert {problem.field: problem.message for problem in error.problems} == {
            "/part/number": "input should be a valid integer, unable to parse string as an integer",
            "/part/names/0": "input should be a valid string",
            "/parts/a~1b~0c/number": "is missing",
            "/more": "is not a field that is known here",
        }

    def test_pointers_begin_where_the_value_stood(self) -> None:
        assert [problem.field for problem in wrong({}, at="/thing").problems] == ["/thing/part"]

    def test_the_message_tells_the_first_one(self) -> None:
        assert str(wrong({})) == "The thing is not valid: /part is missing."

    def test_what_was_sent_is_not_repeated(self) -> None:
        error = wrong({"part": {"number": "canary", "names": "canary"}, "parts": "canary"})

        assert "canary" not in f"{error} {error.problems} {error.hint}"
        assert error.__suppress_context__  # pydantic's own text would repeat it in a traceback

    def test_a_flood_of_problems_is_cut(self) -> None:
        assert len(wrong({f"f{number}": 1 for number in range(1000)}).problems) == 50


_AT_ONCE = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from shared.connections.models import ConnectionRequest
from shared.tickets.vulnerabilities.snapshots import read_snapshot

sys.setswitchinterval(1e-6)
asset = {"kind": "application", "id": "till"}
least = {"id": "V1", "asset": asset, "title": "A finding", "severity": "high", "status": "open"}
together = threading.Barrier(16)
assert not ConnectionRequest.__pydantic_complete__, "a cold start builds no validator that it does not need"

def read(_):
    together.wait()
    credential = {"kind": "personal_access_token", "token": "x" * 52}
    url = "https://dev.azure.com/contoso"
    ConnectionRequest.model_validate({"url": url, "credential": credential})
    return read_snapshot({"schema": 1, "vulnerability": least}).title

with ThreadPoolExecutor(16) as threads:
    assert set(threads.map(read, range(16))) == {"A finding"}
"""


def test_models_may_be_used_first_by_many_threads_at_once() -> None:
    """Their validators are built by whoever comes first."""
    subprocess.run([sys.executable, "-c", _AT_ONCE], check=True, timeout=120, cwd=Path(__file__).parents[2])

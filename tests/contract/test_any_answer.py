"""No bytes whatever make a call raise anything but one of our errors."""

import gzip
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.azure_devops.answers import Answer, judge
from shared.errors import BridgeError
from tests.contract.calls import every_call
from tests.contract.wires import answering, http
from tests.thorough import examples

CALLS = every_call()
JSON = [("Content-Type", "application/json; charset=utf-8")]
NAMES = (
    "id",
    "rev",
    "fields",
    "value",
    "count",
    "code",
    "body",
    "headers",
    "relations",
    "url",
    "_links",
    "html",
    "href",
)
MORE = ("workItems", "resource", "name", "isDisabled", "category", "authenticatedUser", "message", "customProperties")
MOST = ("rel", "publisherInputs", "consumerInputs", "eventType", "status", "RuleValidationErrors", "Message", "project")
HUGE = st.sampled_from([10**400, -1, 1e308, float("inf"), float("nan"), True, "１", "9" * 5000, "\ud800", "\x00"])
ATOMS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | HUGE
KEYS = st.sampled_from((*NAMES, *MORE, *MOST)) | st.text(max_size=4)


def _inside(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6)


VALUES = st.recursive(ATOMS, _inside, max_leaves=25)
ITEM = {"id": 1, "rev": 1, "fields": {"System.Title": "x"}, "relations": [{"rel": "Hyperlink", "url": "x"}], "url": "x"}
ENTRY = {"code": 200, "headers": {}, "body": json.dumps(ITEM)}
RIGHT = (
    ITEM,
    {"count": 2, "value": [ENTRY, ENTRY]},
    {"count": 1, "value": [{**ITEM, "name": "To Do", "category": "Proposed", "eventType": "workitem.created"}]},
    {"workItems": [{"id": 1}]},
    {"id": "1", "name": "x", "resource": ITEM},
    {"authenticatedUser": {"id": "x", "providerDisplayName": "y"}},
    {"message": "TF401320: x", "customProperties": {"RuleValidationErrors": [{"fieldReferenceName": "x"}]}},
)


@st.composite
def nearly_right(draw: st.DrawFn) -> Any:
    """Draw a right answer with one place of it replaced."""
    return _replaced(draw, draw(st.sampled_from(RIGHT)))


def _replaced(draw: st.DrawFn, value: Any) -> Any:
    if not isinstance(value, dict | list) or not value or draw(st.integers(0, 3)) == 0:
        return draw(VALUES)
    if isinstance(value, list):
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], _replaced(draw, value[at]), *value[at + 1 :]]
    name = draw(st.sampled_from(sorted(value)))
    return {**value, name: _replaced(draw, value[name])}


BODIES = st.binary(max_size=200) | (VALUES | nearly_right()).map(lambda value: json.dumps(value).encode())
STATUSES = st.sampled_from([200, 200, 200, 201, 203, 204, 206, 302, 304, 308, 400, 401, 404, 412, 429, 500, 503, 999])
HEADERS = st.lists(
    st.sampled_from(
        [
            *JSON,
            ("Content-Encoding", "gzip"),
            ("Content-Encoding", "deflate, gzip, br, identity, x"),
            ("Transfer-Encoding", "chunked"),
            ("Content-Type", "text/html"),
            ("Content-Type", "text/plain; charset=nonsense"),
            ("Location", "http://[::1"),
            ("Location", "/\udcff\udcfe"),
            ("Location", "x:" * 30),
            ("Retry-After", "1e400"),
            ("Retry-After", "Sat, 21 Nov 2026 00:00:00 GMT"),
            ("X-TFS-ServiceError", "%ff%00%"),
            ("Set-Cookie", "a=b; expires=never; max-age=x; domain=[;"),
            ("Connection", "close"),
            (" folded", "x"),
            ("\udcff", "\udcff"),
        ]
    ),
    max_size=5,
)


@st.composite
def wires(draw: st.DrawFn) -> bytes:
    """Draw an answer that is well formed, or claims to be."""
    body, headers = draw(BODIES), draw(HEADERS)
    if draw(st.booleans()):
        body = gzip.compress(body)[: draw(st.integers(0, 60))]
    if draw(st.booleans()):
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (draw(st.integers(0, 300)), body)
    length = draw(st.none() | st.integers(-2, 400))
    return http(draw(STATUSES), headers, body, length=length)


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    """urllib3 logs each header that it cannot read."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def ends_well(name: str, wire: bytes) -> None:
    with answering(wire) as organisation:
        try:
            organisation.do(CALLS[name])
        except BridgeError as error:
            str(error).encode()


@pytest.mark.slow
@given(st.sampled_from(sorted(CALLS)), wires() | st.binary(max_size=400))
@settings(max_examples=examples(1500), deadline=None)
def test_no_bytes_raise_anything_but_our_errors(name: str, wire: bytes) -> None:
    ends_well(name, wire)


@pytest.mark.slow
@given(st.sampled_from(sorted(CALLS)), nearly_right() | VALUES)
@settings(max_examples=examples(1500), deadline=None)
def test_no_value_raises_anything_but_our_errors(name: str, value: Any) -> None:
    ends_well(name, http(200, JSON, json.dumps(value).encode()))


DEEP = b"[" * 100_000
NESTED = b'{"id": ' + b"[" * 20_000 + b"]" * 20_000 + b', "eventType": 1}'
STRANGE = {
    "deep nesting": http(200, JSON, DEEP),
    "deep nesting that ends": http(200, JSON, NESTED),
    "nesting below the parser's limit": http(200, JSON, b'{"id": ' + b"[" * 900 + b"]" * 900 + b', "eventType": 1}'),
    "an infinite number": http(200, JSON, b'{"id": 1e999, "rev": 1, "fields": {}}'),
    "not a number": http(200, JSON, b'{"id": NaN, "rev": 1, "fields": {}}'),
    "a number of many digits": http(200, JSON, b'{"id": ' + b"9" * 5000 + b', "rev": 1, "fields": {}}'),
    "the same key twice": http(200, JSON, b'{"id": 1, "rev": 1, "fields": {}, "fields": null}'),
    "two byte-order marks": http(200, JSON, b"\xef\xbb\xbf\xef\xbb\xbf{}"),
    "UTF-16": http(200, JSON, '{"id": 1}'.encode("utf-16")),
    "invalid UTF-8": http(200, JSON, b'{"id": "\xff"}'),
    "half a surrogate pair": http(400, JSON, rb'{"message": "\ud800"}'),
    "gzip that is none": http(200, [*JSON, ("Content-Encoding", "gzip")], b"nonsense"),
    "gzip that ends early": http(200, [*JSON, ("Content-Encoding", "gzip")], gzip.compress(b"{}" * 99)[:-9]),
    "less than it claims": http(200, JSON, b"{}", length=100),
    "more than it claims": http(200, JSON, b"{}{}{}", length=2),
    "a negative length": http(200, JSON, b"{}", length=-1),
    "chunks that are none": http(200, [*JSON, ("Transfer-Encoding", "chunked")], b"zz\r\n{}"),
    "a chunk that ends early": http(200, [*JSON, ("Transfer-Encoding", "chunked")], b"ff\r\n{}"),
    "a chunk of a negative length": http(200, [*JSON, ("Transfer-Encoding", "chunked")], b"-ffffffffffffffffff\r\n{}"),
    "a redirect to nowhere": http(302, [("Location", "http://[::1")], b""),
    "a redirect that is not text": http(302, [("Location", "/\udcff\udcfe")], b""),
    "no answer": b"",
    "no status": b"HTTP/1.1\r\n\r\n",
    "a status that is no number": http("two hundred", JSON, b"{}"),
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "200 headers": http(200, [(f"X-{number}", "x") for number in range(200)], b"{}"),
    "a line without end": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000,
}


@pytest.mark.parametrize("strange", STRANGE)
@pytest.mark.parametrize("name", sorted(CALLS))
def test_strange_answers(name: str, strange: str) -> None:
    ends_well(name, STRANGE[strange])


@given(STATUSES, BODIES, st.booleans())
@example(400, rb'{"message": "\ud800"}', True)
@example(200, rb'{"fields": {"System.Title": "\udfff"}}', True)
@settings(max_examples=examples(500), deadline=None)
def test_what_comes_of_an_answer_can_be_stored(status: int, body: bytes, changes: bool) -> None:
    """Lone surrogates and numbers that JSON does not know would fail far away, when they are written."""
    try:
        value = judge(Answer(status, {"content-type": "application/json"}, body), changes=changes)
    except BridgeError as error:
        str(error).encode()
    else:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()

"""Values on their way in and out: cookies, queue outputs, encodings, names of poison queues."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from local.host.http_messages import answer
from local.host.messages import PROTOS, Message, TypedData
from local.host.outputs import encode, message_contents
from local.host.queue_metadata import payload
from local.host.queues import decode, poison_queue


def http(**fields: object) -> TypedData:
    return TypedData(http=PROTOS.RpcHttp(**{"status_code": "200", "body": TypedData(bytes=b""), **fields}))


def test_every_part_of_a_cookie() -> None:
    cookie = Message(
        name="session",
        value="a b;c",
        domain=SimpleNamespace(value="example.org"),
        path=SimpleNamespace(value="/"),
        expires=SimpleNamespace(value=SimpleNamespace(seconds=int(datetime(2026, 1, 2, tzinfo=UTC).timestamp()))),
        max_age=SimpleNamespace(value=60.0),
        secure=SimpleNamespace(value=True),
        http_only=SimpleNamespace(value=True),
        same_site=PROTOS.RpcHttpCookie.SameSite.Strict,
    )

    ((name, value),) = answer(http(cookies=[cookie])).headers
    assert name == "set-cookie"
    assert value.split("; ") == [
        "session=a%20b%3Bc",
        "expires=Fri, 02 Jan 2026 00:00:00 GMT",
        "max-age=60",
        "domain=example.org",
        "path=/",
        "secure",
        "samesite=Strict",
        "httponly",
    ]


def test_no_return_value_is_no_content() -> None:
    assert answer(None).status == 204


@pytest.mark.parametrize(
    ("value", "contents"),
    [
        (TypedData(string="é"), ["é".encode()]),
        (TypedData(string='["a"]'), [b'["a"]']),
        (TypedData(bytes=b"\xff"), [b"\xff"]),
        (TypedData(json='["a", {"b": 1}]'), [b"a", b'{"b": 1}']),
        (TypedData(json='{"b": 1}'), [b'{"b": 1}']),
        (TypedData(json="[]"), []),
        (TypedData(), []),
    ],
)
def test_what_becomes_a_message(value: TypedData, contents: list[bytes]) -> None:
    assert message_contents(value) == contents


@pytest.mark.parametrize(("base64", "wire"), [(True, "w6k="), (False, "é")])
def test_encodings(base64: bool, wire: str) -> None:
    assert encode("é".encode(), base64=base64) == wire
    assert decode(wire, base64=base64) == "é".encode()


@pytest.mark.parametrize("text", ["not Base64!", "YQ", "YQ==\n"])
def test_what_is_not_base64(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(text, base64=True)


def test_content_is_a_text_where_it_is_one() -> None:
    assert payload("é".encode()).WhichOneof("data") == "string"
    assert payload(b"\xff").WhichOneof("data") == "bytes"


@pytest.mark.parametrize(
    ("queue", "poison"),
    [("work", "work-poison"), ("work-poison", None), ("w" * 56, "w" * 56 + "-poison"), ("w" * 57, None)],
)
def test_the_name_of_the_poison_queue(queue: str, poison: str | None) -> None:
    assert poison_queue(queue) == poison


def test_a_typed_data_is_recognised_by_what_it_does_not_have() -> None:
    with pytest.raises(AttributeError):
        _ = TypedData(string="x").TypedData

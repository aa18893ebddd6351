"""What we write and read on the wire ourselves is what the SDK writes and reads, and is refused as its is."""

import math
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from unittest.mock import Mock

import pytest
from azure.data.tables import EdmType, EntityProperty, TableClient, TableServiceClient

from shared.settings import StorageAccount
from shared.storage import table_service, tables
from shared.storage.account import Account
from shared.storage.tables import ANY, Operation, RowChangedError, Table, Value
from tests.functional.test_departures_resumed import NO_CREDENTIAL

NOW = datetime(2026, 11, 28, 10, 30, 1, 234567, tzinfo=UTC)
FORGED = '\r\n--changeset_1--\r\n--batch_1--\r\nHTTP/1.1 409 Conflict\r\nETag: forged\r\n\r\n{"odata.error": {"code": "'
VALUES: dict[str, Value] = {
    "text": "plain",
    "empty": "",
    "escaped": "\"quoted\" \\ 'single' \t \x00 \x7f",
    "wide": "漢字 😀 é",
    "forged": FORGED,
    "looks_typed": "2026-11-28T10:30:00Z",
    "number": 7,
    "smallest": -(2**31),
    "large": 2**31,
    "larger": -(2**63),
    "fraction": 1.5,
    "whole": 2.0,
    "yes": True,
    "no": False,
    "when": NOW,
    "elsewhere": NOW.astimezone(timezone(timedelta(hours=5, minutes=30))),
    "nothing": b"",
    "bytes": bytes(range(256)),
}
READ = VALUES | {"elsewhere": NOW}
KEYS = ["plain", "it's", "100% &+=,;:@", "漢字😀", "a|b-c_d.~", "(PartitionKey='x')", '"']


def with_types(values: Mapping[str, Value]) -> dict[str, tuple[type, Value]]:
    """For 2 is 2.0, and True is 1."""
    return {name: (type(value), value) for name, value in values.items()}


@pytest.fixture
def table(azurite: str) -> Table:
    account = Account(StorageAccount(connection_string=azurite), lambda: NO_CREDENTIAL)
    return Table(account, f"transactions{secrets.token_hex(6)}")


@pytest.fixture
def client(azurite: str, table: Table) -> TableClient:
    return TableServiceClient.from_connection_string(azurite).get_table_client(table._name)


def test_what_is_stored_is_what_the_sdk_stores(table: Table, client: TableClient) -> None:
    table.transact("ours's", [tables.create(key, VALUES) for key in KEYS])
    typed = {
        name: EntityProperty(value, EdmType.INT64) if name in ("large", "larger") else value
        for name, value in VALUES.items()
    }
    client.submit_transaction([("create", {"PartitionKey": "the SDK's", "RowKey": key, **typed}) for key in KEYS])

    ours, theirs = (
        {row["RowKey"]: {**row, "PartitionKey": ""} for row in client.list_entities() if row["PartitionKey"] == name}
        for name in ("ours's", "the SDK's")
    )
    assert ours == theirs
    assert sorted(ours) == sorted(KEYS)


def test_what_is_read_is_what_was_written(table: Table) -> None:
    table.transact("p", [tables.create(key, VALUES) for key in KEYS])

    assert {row.key: with_types(row.values) for row in table.all()} == {key: with_types(READ) for key in KEYS}


def test_one_by_one_is_the_same(table: Table) -> None:
    table.transact("p", [tables.create(key, VALUES) for key in KEYS])
    etags = {key: table.write("q", tables.create(key, VALUES)) for key in KEYS}

    for key in KEYS:
        together, alone = table.get("p", key), table.get("q", key)
        assert together is not None
        assert alone is not None
        assert with_types(together.values) == with_types(alone.values) == with_types(READ)
        assert alone.etag == etags[key]


def test_what_the_sdk_wrote_is_read(table: Table, client: TableClient) -> None:
    table.write("p", tables.create("first", {"a": 1}))
    typed = {
        name: EntityProperty(value, EdmType.INT64) if name in ("large", "larger", "number") else value
        for name, value in VALUES.items()
    }
    client.create_entity({"PartitionKey": "p", "RowKey": "r", **typed, "none": None})

    row = table.get("p", "r")

    assert row is not None
    assert with_types(row.values) == with_types(READ)
    assert abs(row.written_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert row.etag == client.get_entity("p", "r").metadata["etag"]


FOUND: list[tuple[Value, Value]] = [
    *((text, "x") for text in ("plain", "it's", "' or 1 eq 1 or '", "@other", "", "漢字😀 & % + #")),
    *((7, -8), (2**31, 2**33), (-(2**40), 2**33), (1.5, -2.5), (True, False), (False, True)),
    (NOW, NOW + timedelta(milliseconds=10)),
    (b"it's", b""),
]


@pytest.mark.parametrize(("value", "other"), FOUND, ids=repr)
@pytest.mark.every_case
def test_a_filter_finds_what_is_equal(value: Value, other: Value, table: Table) -> None:
    table.transact("p", [tables.create("it", {"value": value}), tables.create("not", {"value": other})])
    parameters = {"value": value, "other": other}

    equal = table.range("p", "", "~", where="value eq @value", parameters=parameters)
    different = table.range("p", "", "~", where="value ne @value and value eq @other", parameters=parameters)

    assert [row.key for row in equal] == ["it"]
    assert [row.key for row in different] == ["not"]


@pytest.mark.parametrize(
    ("at_once", "limit", "requests"),
    [(1, None, 11), (3, None, 4), (3, 7, 3), (None, 5, 1), (1000, None, 1), (4, 100, 3)],
)
@pytest.mark.every_case
def test_pages_are_all_read(
    at_once: int | None, limit: int | None, requests: int, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{number:02} it's" for number in range(11)]
    table.transact("p's", [tables.create(name, {"n": 1}) for name in names])

    asked = Mock(side_effect=table_service.ask)
    monkeypatch.setattr(table_service, "ask", asked)

    found = [row.key for row in table.range("p's", "", "~", at_once=at_once, limit=limit)]

    assert found == names[:limit]
    assert asked.call_count == requests


def test_only_what_was_selected(table: Table) -> None:
    table.write("p", tables.create("r", VALUES))

    (row,) = table.range("p", "", "~", select=["number", "wide"])

    assert row.values == {"number": VALUES["number"], "wide": VALUES["wide"]}
    assert (row.partition, row.key) == ("p", "r")
    assert row.etag


def test_what_is_not_there_is_nothing(table: Table) -> None:
    assert table.get("p", "no table") is None
    assert list(table.range("p", "", "~")) == []
    assert table.get("p", "no row") is None


@pytest.mark.parametrize("operation", [tables.create("there", {"a": 2}), tables.merge("missing", {}, ANY)], ids=str)
def test_one_write_is_refused(operation: Operation, table: Table) -> None:
    table.write("p", tables.create("there", {"a": 1}))

    with pytest.raises(RowChangedError):
        table.write("p", operation)

    assert [(row.key, row.values) for row in table.all()] == [("there", {"a": 1})]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf], ids=str)
def test_what_is_no_number_is_stored(value: float, table: Table, client: TableClient) -> None:
    table.transact("p", [tables.create("r", {"value": value})])

    row = table.get("p", "r")
    assert row is not None
    assert isinstance(row.values["value"], float)
    assert str(row.values["value"]) == str(client.get_entity("p", "r")["value"]) == str(value)


def test_each_kind_of_write(table: Table) -> None:
    rows = {name: {"a": 1, "b": 2} for name in ("replaced", "merged", "any", "deleted", "upserted")}
    etags = dict(zip(rows, table.transact("p", [tables.create(*row) for row in rows.items()]), strict=True))

    answered = table.transact(
        "p",
        [
            tables.create("created", {"a": 5}),
            tables.replace("replaced", {"a": 5}, etags["replaced"]),
            tables.merge("merged", {"a": 5}, etags["merged"]),
            tables.merge("any", {"a": 5}, ANY),
            tables.delete("deleted", etags["deleted"]),
            tables.upsert("upserted", {"a": 5}),
            tables.upsert("new", {"a": 5}),
        ],
    )

    now = {row.key: row for row in table.all()}
    assert {key: row.values for key, row in now.items()} == {
        "any": {"a": 5, "b": 2},
        "created": {"a": 5},
        "merged": {"a": 5, "b": 2},
        "new": {"a": 5},
        "replaced": {"a": 5},
        "upserted": {"a": 5},
    }
    order = ["created", "replaced", "merged", "any", "deleted", "upserted", "new"]
    assert answered == [now[key].etag if key in now else "" for key in order]


@pytest.mark.parametrize(
    "refused",
    [
        tables.create("there", {"a": 2}),
        tables.replace("there", {"a": 2}, "W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\""),
        tables.merge("there", {"a": 2}, "W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\""),
        tables.delete("there", "W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\""),
        tables.replace("missing", {"a": 2}, ANY),
        tables.merge("missing", {"a": 2}, ANY),
        tables.delete("missing", ANY),
    ],
    ids=lambda operation: f"{operation.kind}-{operation.key}",
)
@pytest.mark.parametrize("index", [0, 1, 12])
@pytest.mark.every_case
def test_a_refused_write_is_named_and_none_is_done(index: int, refused: Operation, table: Table) -> None:
    table.write("p", tables.create("there", {"a": 1}))
    others: list[Any] = [tables.create(f"new{number}", {"a": 1}) for number in range(12)]

    with pytest.raises(RowChangedError) as error:
        table.transact("p", [*others[:index], refused, *others[index:]])

    assert error.value.index == index
    assert [(row.key, row.values) for row in table.all()] == [("there", {"a": 1})]


def test_as_many_writes_as_there_may_be(table: Table) -> None:
    rows = [tables.create(f"{number:03}", {"number": number}) for number in range(100)]

    assert len(set(table.transact("p", rows))) > 1
    assert [row.values["number"] for row in table.all()] == list(range(100))

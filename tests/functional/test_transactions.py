"""Transactions that we write and read on the wire ourselves do what the SDK's do, and are refused as its are."""

import math
import secrets
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from azure.data.tables import EdmType, EntityProperty, TableClient, TableServiceClient

from shared.settings import StorageAccount
from shared.storage import tables
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
KEYS = ["plain", "it's", "100% &+=,;:@", "漢字😀", "a|b-c_d.~", "(PartitionKey='x')", '"']


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

    assert {row.key: row.values for row in table.all()} == {key: VALUES | {"elsewhere": NOW} for key in KEYS}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf], ids=str)
def test_what_is_no_number_is_stored(value: float, table: Table, client: TableClient) -> None:
    table.transact("p", [tables.create("r", {"value": value})])

    assert str(client.get_entity("p", "r")["value"]) in (str(value), repr(value))


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

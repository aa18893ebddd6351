"""Azurite for torture's large tables and queues: it answers what Azurite answers, only sooner."""

from collections.abc import Iterator
from itertools import batched, product
from random import Random

import pytest
from azure.data.tables import TableClient
from azure.storage.queue import QueueClient

from local.parts import LARGE_STORAGE
from tests.functional.conftest import started_azurite, wait_until

TABLE = "indexed"
PARTITIONS = ("contoso", "fabrikam")
LETTERS = "aAzZ09|~ _'-éß中😀"


@pytest.fixture(scope="module")
def large() -> Iterator[str]:
    """The connection string of an Azurite as torture starts it."""
    with started_azurite("--require", str(LARGE_STORAGE)) as storage:
        yield storage


@pytest.fixture(scope="module")
def both(azurite: str, large: str) -> tuple[TableClient, TableClient]:
    """Plain Azurite and the other one, with the same rows: more than a page of some range."""
    plain, indexed = (TableClient.from_connection_string(storage, TABLE) for storage in (azurite, large))
    for table in (plain, indexed):
        table.create_table()
        for partition in PARTITIONS:
            for some in batched(keys(), 100, strict=False):
                rows = ({"PartitionKey": partition, "RowKey": key, "n": len(key)} for key in some)
                table.submit_transaction([("create", row) for row in rows])
    return plain, indexed


def keys() -> list[str]:
    dice = Random(7)
    random = {f"{dice.choice('hptw')}|{''.join(dice.choices(LETTERS, k=dice.randint(0, 6)))}" for _ in range(1_200)}
    return sorted(random | {f"h|{number:05}" for number in range(1_200)} | {"7", "07", "1e3", "p", "~"})


def found(table: TableClient, query: str) -> list[tuple[str, str]]:
    return [(row["PartitionKey"], row["RowKey"]) for row in table.query_entities(query)]


def test_each_range_has_the_same_rows_in_the_same_order(both: tuple[TableClient, TableClient]) -> None:
    plain, indexed = both
    dice = Random(11)
    bounds = [*dice.sample(keys(), 25), "h|", "p|", "p|~", "p|￿", "w|'", "0", "7"]
    some = 0
    for start, stop in dice.sample(list(product(bounds, bounds)), 30):
        query = "RowKey ge '{}' and RowKey lt '{}'".format(start.replace("'", "''"), stop.replace("'", "''"))
        narrowed = f"PartitionKey eq 'contoso' and {query} and n gt 2"
        for one in (query, narrowed):
            expected = found(plain, one)
            assert found(indexed, one) == expected, one
            some += bool(expected)
    assert some


@pytest.mark.parametrize(
    "query",
    [
        "RowKey ge 'p|' and RowKey lt 'p|~' or RowKey eq '7'",
        "not (RowKey ge 'p|' and RowKey lt 'p|~')",
        "RowKey ge 'h|' and RowKey lt 'h|~'",
        "RowKey eq 'h|00007'",
        "",
    ],
)
def test_any_other_query_is_answered_as_ever(both: tuple[TableClient, TableClient], query: str) -> None:
    plain, indexed = both

    assert found(indexed, query) == found(plain, query) != []


def test_messages_expire_and_no_others_with_them(large: str) -> None:
    with QueueClient.from_connection_string(large, "expiring") as queue:
        queue.create_queue()
        queue.send_message("kept")
        queue.send_message("short", time_to_live=1)
        assert len(queue.peek_messages(5)) == 2

        wait_until(lambda: len(queue.peek_messages(5)) == 1, seconds=20, what="the end of a message")

        assert [message.content for message in queue.peek_messages(5)] == ["kept"]

"""What the bridge has stored, as a test that must not trust the bridge reads it."""

import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any

from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient

from tests.functional.bridge import Bridge

_OWNERS = {"connections": "RowKey", "links": "connection", "tickets": "PartitionKey"}
"""The column of each table that says whose row it is."""
_COMES_AND_GOES = ("l|", "f|", "c|heard|")
type Rows = dict[tuple[str, str, str], dict[str, Any]]


def rows(connection_string: str) -> Rows:
    """Return every row of every table, by table, partition and key."""
    service = _tables(connection_string)
    return {
        (table.name, entity["PartitionKey"], entity["RowKey"]): dict(entity)
        for table in service.list_tables()
        for entity in service.get_table_client(table.name).list_entities()
    }


@cache
def _tables(connection_string: str) -> TableServiceClient:
    return TableServiceClient.from_connection_string(connection_string)


def belongings(bridge: Bridge) -> tuple[Rows, list[dict[str, Any]]]:
    """Return the rows and work items of one test; what timers and other events write is nobody's."""
    parameters = {"first": bridge.name, "last": f"{bridge.name}~"}  # and what is named after it
    service = _tables(bridge.stack.addresses.storage_connection_string)
    mine = {
        (table, entity["PartitionKey"], entity["RowKey"]): dict(entity)
        for table, column in _OWNERS.items()
        for entity in service.get_table_client(table).query_entities(
            f"{column} ge @first and {column} lt @last", parameters=parameters
        )
    }
    kept = {where: row for where, row in mine.items() if not where[2].startswith(_COMES_AND_GOES)}
    return kept, bridge.work_items()


def texts_of(row: dict[str, Any]) -> Iterator[str]:
    """Yield everything that a row says, snapshots unpacked."""
    for name, value in row.items():
        yield name
        yield _unpacked(value) if isinstance(value, bytes) else str(value)


def _unpacked(value: bytes) -> str:
    with suppress(zlib.error):
        value = zlib.decompress(value)
    return value.decode("utf-8", "replace")


def messages(connection_string: str) -> Iterator[str]:
    """Yield the visible messages of every queue, as they are on the wire."""
    with QueueServiceClient.from_connection_string(connection_string) as service:
        for queue in service.list_queues():
            for message in service.get_queue_client(queue.name).peek_messages(32):
                yield str(message.content)

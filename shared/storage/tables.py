"""Rows of Azure Table Storage: read, written and changed together, within the service's limits (`sizes`)."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from azure.core.exceptions import AzureError, ClientAuthenticationError

from shared.errors import TransientError
from shared.storage import entity_reads, entity_writes, odata, table_service
from shared.storage.account import Account
from shared.storage.sizes import MAX_OPERATIONS, MAX_TRANSACTION_BYTES, checked_size

if TYPE_CHECKING:
    from azure.data.tables import TableClient

log = logging.getLogger(__name__)

type Value = str | int | float | bool | bytes | datetime

ANY = "*"
_MOST_AT_ONCE = 1000
_PASSING = (
    *(HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS),
    *(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED),
)
"""What tells nothing of our request: also of a proxy's making, or of a table that is being deleted."""


class RowChangedError(TransientError):
    """A row was not as expected (changed, missing or already there): read again and decide again.

    `index` is the position of the operation in its transaction.
    """

    def __init__(self, index: int = 0) -> None:
        super().__init__("The row was changed by another worker.")
        self.index = index


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was read. `written_at` is the service's time of its last change."""

    partition: str
    key: str
    values: Mapping[str, Value]
    etag: str
    written_at: datetime


class UnreadableRowError(TransientError):
    """A row says what this version does not understand; another one may, and so may this one once it is corrected."""

    def __init__(self, row: Row) -> None:
        super().__init__(
            f"What is stored of {row.key} ({row.partition}) cannot be read by this version of the app.",
            hint="The app's log says why. Deploy the version that wrote it, or correct the row in Table Storage.",
        )


@dataclass(frozen=True, slots=True)
class Operation:
    """One write. `etag` limits it to that version of the row (`*`: any, but it must exist)."""

    kind: Literal["create", "upsert", "merge", "replace", "delete"]
    key: str
    values: Mapping[str, Value] = field(default_factory=dict)
    etag: str = ""


def create(key: str, values: Mapping[str, Value]) -> Operation:
    """Write a row that must not exist."""
    return Operation("create", key, values)


def upsert(key: str, values: Mapping[str, Value]) -> Operation:
    """Write a whole row, whatever is there."""
    return Operation("upsert", key, values)


def replace(key: str, values: Mapping[str, Value], etag: str) -> Operation:
    """Write a whole row if it still is the one of `etag`."""
    return Operation("replace", key, values, etag)


def merge(key: str, values: Mapping[str, Value], etag: str) -> Operation:
    """Write some properties of a row if it still is the one of `etag`."""
    return Operation("merge", key, values, etag)


def delete(key: str, etag: str) -> Operation:
    """Remove a row if it still is the one of `etag`."""
    return Operation("delete", key, {}, etag)


def understood[T](row: Row, read: Callable[[Row], T]) -> T:
    """Return what a row says. Raises `UnreadableRowError`."""
    try:
        return read(row)
    except Exception as error:
        log.exception("a row cannot be read", extra={"partition": row.partition, "row": row.key})
        raise UnreadableRowError(row) from error


def readable[T](rows: Iterable[Row], read: Callable[[Row], T]) -> Iterator[T]:
    """Yield what rows say; one that cannot be read must not keep those behind it from being looked at."""
    for row in rows:
        try:
            found = understood(row, read)
        except UnreadableRowError:
            continue
        yield found


class Table:
    """One table, made at its first use. Every method raises `TransientError` when storage does not answer."""

    def __init__(self, account: Account, name: str) -> None:
        self._account = account
        self._name = name
        self.clock = account.clock

    def get(self, partition: str, key: str) -> Row | None:
        """Return the row, or None when there is none."""
        found = self._ask(lambda client: entity_reads.read_entity(client, partition, key))
        return _row(found) if found else None

    def range(
        self,
        partition: str,
        start: str,
        stop: str,
        *,
        where: str = "",
        parameters: Mapping[str, Value] | None = None,
        select: Sequence[str] = (),
        limit: int | None = None,
        at_once: int | None = None,
    ) -> Iterator[Row]:
        """Yield rows with `start <= key < stop` in key order, at most `limit`; only `select`ed properties.

        `at_once` are read by one request, as many as the service gives unless it says otherwise.
        `where` is a further OData condition, whose `@names` stand for `parameters`.
        """
        query = "PartitionKey eq @partition and RowKey ge @start and RowKey lt @stop"
        query = f"{query} and {where}" if where else query
        parameters = {"partition": partition, "start": start, "stop": stop, **(parameters or {})}
        return self._query(query, parameters, select=select, limit=limit, at_once=at_once or limit)

    def all(self, *, start: str = "", stop: str = "\uffff", partition: str | None = None) -> Iterator[Row]:
        """Yield the rows of every partition (or of one) whose key lies in the range."""
        query = "RowKey ge @start and RowKey lt @stop"
        parameters: dict[str, Value] = {"start": start, "stop": stop}
        if partition is not None:
            query, parameters = (
                f"PartitionKey eq @partition and {query}",
                {"partition": partition, **parameters},
            )
        return self._query(query, parameters)

    def _query(
        self,
        query: str,
        parameters: Mapping[str, Value],
        *,
        select: Sequence[str] = (),
        limit: int | None = None,
        at_once: int | None = None,
    ) -> Iterator[Row]:
        columns = ["PartitionKey", "RowKey", "Timestamp", *select] if select else ()
        wanted = entity_reads.Query(query, parameters, columns, at_once and min(at_once, _MOST_AT_ONCE))
        after: dict[str, str] = {}
        count = 0
        while True:
            found, after = self._ask(partial(entity_reads.read_page, query=wanted, after=after))
            for one in found:
                yield _row(one)
                count += 1
                if count == limit:
                    return
            if not after:
                return

    def write(self, partition: str, operation: Operation) -> str:
        """Carry out one write and return the row's new etag (empty after a delete).

        Raises `RowChangedError` when the row is not as the operation expects.
        """
        checked_size(operation)
        return self._ask(lambda client: entity_writes.write_entity(client, partition, operation))

    def transact(self, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Carry out all writes or none; return the new etags in order.

        Raises `RowChangedError` with the index of the first operation that cannot be done.
        """
        if not 0 < len(operations) <= MAX_OPERATIONS:
            raise ValueError(f"a transaction has 1 to {MAX_OPERATIONS} operations, not {len(operations)}")
        for operation in operations:
            checked_size(operation)
        return self._ask(lambda client: _transact(client, partition, operations))

    def _ask[T](self, call: "Callable[[TableClient], T]") -> T:
        client = self._account.table(self._name)
        try:
            return _translated(call, client)
        except _TableMissingError:
            _translated(table_service.make_table, client)
        try:
            return _translated(call, client)
        except _TableMissingError as error:
            raise TransientError("The table is not there yet.") from error


class _TableMissingError(Exception):
    """The table itself is not there yet."""


def _translated[T](call: "Callable[[TableClient], T]", client: "TableClient") -> T:
    try:
        return call(client)
    except table_service.StorageRefusedError as error:
        raise _of_refusal(error) from error
    except table_service.UnreadableAnswerError as error:
        raise TransientError("What Table Storage answered could not be read.") from error
    except ClientAuthenticationError as error:  # nothing was sent: azure-identity has no token
        raise TransientError("There was no sign-in to Table Storage.") from error
    except AzureError as error:
        raise TransientError("Table Storage did not answer.") from error


def _of_refusal(error: table_service.StorageRefusedError) -> Exception:
    if error.code == table_service.NO_TABLE:
        return _TableMissingError()
    if error.code in table_service.OTHERWISE:
        return RowChangedError(error.index)
    if error.status < HTTPStatus.INTERNAL_SERVER_ERROR and error.status not in _PASSING:
        return error  # the request itself was wrong: a defect of ours that trying again does not mend
    return TransientError(f"Table Storage answered {error.status}.")


def _transact(client: "TableClient", partition: str, operations: Sequence[Operation]) -> list[str]:
    written = entity_writes.transaction_body(client, partition, operations)
    if len(written) > MAX_TRANSACTION_BYTES:
        raise ValueError("a transaction carries at most 4 MiB")
    return entity_writes.write_entities(client, written, len(operations))


def _row(entity: entity_reads.Entity) -> Row:
    return Row(
        partition=entity["PartitionKey"],
        key=entity["RowKey"],
        values=odata.values(entity),
        etag=entity.get("odata.etag") or odata.etag_of(entity["Timestamp"]),
        written_at=odata.moment(entity["Timestamp"]),
    )

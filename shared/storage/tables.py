"""Rows of Azure Table Storage: read, written and changed together, within the service's limits (`sizes`)."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Literal

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.data.tables import EdmType, EntityProperty, TableClient, UpdateMode

from shared.errors import TransientError
from shared.storage import transactions
from shared.storage.account import Account
from shared.storage.sizes import MAX_OPERATIONS, MAX_TRANSACTION_BYTES, checked_size

log = logging.getLogger(__name__)

type Value = str | int | float | bool | bytes | datetime

ANY = "*"
_MOST_AT_ONCE = 1000
_INT32 = range(-(2**31), 2**31)


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
        try:
            return self._ask(lambda client: _row(client.get_entity(partition, key)))
        except ResourceNotFoundError:
            return None

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
        columns = ["PartitionKey", "RowKey", "Timestamp", *select] if select else None
        size = {"results_per_page": min(at_once, _MOST_AT_ONCE)} if at_once else {}

        def first_page(client: TableClient) -> tuple[Any, list[Any]]:
            pages = client.query_entities(query, parameters=dict(parameters), select=columns, **size).by_page()
            return pages, list(next(pages, []))

        pages, entities = self._ask(first_page)
        count = 0
        while True:
            for entity in entities:
                yield _row(entity)
                count += 1
                if count == limit:
                    return
            try:
                entities = self._ask(lambda _: list(next(pages)))
            except StopIteration:
                return

    def write(self, partition: str, operation: Operation) -> str:
        """Carry out one write and return the row's new etag (empty after a delete).

        Raises `RowChangedError` when the row is not as the operation expects.
        """
        checked_size(operation)
        return self._ask(lambda client: _write(client, partition, operation))

    def transact(self, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Carry out all writes or none; return the new etags in order.

        Raises `RowChangedError` with the index of the first operation that cannot be done.
        """
        if not 0 < len(operations) <= MAX_OPERATIONS:
            raise ValueError(f"a transaction has 1 to {MAX_OPERATIONS} operations, not {len(operations)}")
        for operation in operations:
            checked_size(operation)
        return self._ask(lambda client: _transact(client, partition, operations))

    def _ask[T](self, call: Callable[[TableClient], T]) -> T:
        client = self._account.table(self._name)
        try:
            return _translated(call, client)
        except _TableMissingError:
            with suppress(ResourceExistsError):  # another host may make it first
                client.create_table()
            return _translated(call, client)


class _TableMissingError(Exception):
    """The table itself is not there yet."""


def _translated[T](call: Callable[[TableClient], T], client: TableClient) -> T:
    try:
        return call(client)
    except transactions.RefusedError as error:
        raise _of_transaction(error) from error
    except transactions.UnreadableAnswerError as error:
        raise TransientError("Table Storage's answer to a transaction could not be read.") from error
    except HttpResponseError as error:
        raise _of_response(error) from error
    except AzureError as error:
        raise TransientError("Table Storage did not answer.") from error


def _of_transaction(error: transactions.RefusedError) -> Exception:
    if error.code == "TableNotFound":
        return _TableMissingError()
    if error.status in (404, 409, 412):
        return RowChangedError(error.index)
    if _is_ours(error.status):
        return error
    return TransientError("Table Storage did not carry out a transaction.")


def _of_response(error: HttpResponseError) -> Exception:
    if _code(error) == "TableNotFound":
        return _TableMissingError()
    if isinstance(error, ResourceNotFoundError):
        return error
    if error.status_code in (409, 412):
        return RowChangedError()
    if _is_ours(error.status_code):
        return error
    if error.status_code is None:  # as azure-identity says that it has no token, before anything is sent
        return TransientError("There was no sign-in to Table Storage.")
    return TransientError(f"Table Storage answered {error.status_code}.")


def _is_ours(status: int | None) -> bool:
    """Whether the request itself was wrong: a defect of ours that trying again does not mend."""
    passing = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
    return status is not None and status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in passing


def _code(error: HttpResponseError) -> str:
    """The SDK adds the service's error code to its exceptions at run time only."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or "")


def _transact(client: TableClient, partition: str, operations: Sequence[Operation]) -> list[str]:
    written = transactions.body(f"{client.url}/{client.table_name}", partition, operations)
    if len(written) > MAX_TRANSACTION_BYTES:
        raise ValueError("a transaction carries at most 4 MiB")
    return transactions.submit(client, written)


def _write(client: TableClient, partition: str, operation: Operation) -> str:
    entity = _entity(partition, operation)
    condition = _condition(operation)
    try:
        match operation.kind:
            case "create":
                answer = client.create_entity(entity)
            case "upsert":
                answer = client.upsert_entity(entity, mode=UpdateMode.REPLACE)
            case "delete":
                client.delete_entity(entity, **condition)
                return ""
            case kind:
                answer = client.update_entity(entity, mode=UpdateMode(kind), **condition)
    except ResourceNotFoundError as error:
        # The SDK does not say of a create what is missing; a row cannot be.
        if operation.kind == "create" or _code(error) == "TableNotFound":
            raise _TableMissingError from error
        raise RowChangedError from error
    return str(answer["etag"])


def _condition(operation: Operation) -> dict[str, Any]:
    if operation.etag in ("", ANY):
        return {}
    return {"etag": operation.etag, "match_condition": MatchConditions.IfNotModified}


def _entity(partition: str, operation: Operation) -> dict[str, Any]:
    return {
        "PartitionKey": partition,
        "RowKey": operation.key,
        **{name: _to_edm(value) for name, value in operation.values.items()},
    }


def _to_edm(value: Value) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and value not in _INT32:
        return EntityProperty(value, EdmType.INT64)
    return value


def _from_edm(value: Any) -> Any:
    if isinstance(value, EntityProperty):
        return value.value
    # The SDK's own datetime type carries 100 ns; plain ones compare and serialise as expected.
    if isinstance(value, datetime):
        return datetime.fromtimestamp(value.timestamp(), UTC)
    return value


def _row(entity: Any) -> Row:
    values = {k: _from_edm(v) for k, v in entity.items() if k not in ("PartitionKey", "RowKey", "Timestamp")}
    return Row(
        partition=entity["PartitionKey"],
        key=entity["RowKey"],
        values=values,
        etag=entity.metadata["etag"],
        written_at=_from_edm(entity.metadata["timestamp"]),
    )

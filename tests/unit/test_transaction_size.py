"""What a transaction weighs on the wire: the service counts its body, not its rows."""

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests
import responses

from shared.settings import StorageAccount
from shared.storage import tables
from shared.storage.account import Account
from shared.storage.sizes import MAX_TRANSACTION_BYTES, body_size
from shared.storage.table_service import StorageRefusedError
from shared.storage.tables import Operation, Table, Value
from shared.tickets.intake.accept import Outcome, _batches, _Decision, _Wanted
from shared.tickets.rows.arrivals import arrival
from shared.tickets.vulnerabilities.snapshots import read_snapshot

HOST = "https://contoso.table.core.windows.net"
CONNECTION_STRING = f"AccountName=contoso;AccountKey=c2VjcmV0;TableEndpoint={HOST}"
LARGEST = 4 * 1024 * 1024
NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.fixture
def sent() -> Iterator[list[int]]:
    """The sizes of the bodies of transactions that were sent; each is refused."""
    sizes: list[int] = []

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        sizes.append(len(request.body or b""))
        return 400, {}, json.dumps({"odata.error": {"code": "InvalidInput", "message": {"value": "no"}}})

    with responses.RequestsMock() as mock:
        mock.add_callback(responses.POST, f"{HOST}/$batch", answer)
        yield sizes


def send(operations: list[Operation]) -> None:
    account = Account(StorageAccount(connection_string=CONNECTION_STRING), lambda: pytest.fail("not asked"))
    with pytest.raises(StorageRefusedError, match="no"):
        Table(account, "tickets").transact("contoso", operations)


@pytest.mark.parametrize(
    "value",
    [
        "plain text " * 2_000,
        "漢字" * 10_000,
        '\x00\x1f"\\' * 5_000,
        "😀" * 8_000,
        secrets.token_bytes(60_000),
        NOW,
        1.5,
        2**40,
        True,
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("kind", ["create", "upsert", "replace", "merge"])
@pytest.mark.every_case
def test_no_body_is_larger_than_what_was_counted(kind: str, value: Value, sent: list[int]) -> None:
    etag = "W/\"datetime'2026-11-27T10%3A00%3A00.1234567Z'\"" if kind in ("replace", "merge") else ""
    operations = [
        Operation(kind, f"v|{number:0200}", {"schema": 1, "é" * 50: value}, etag)  # type: ignore[arg-type]
        for number in range(10)
    ]

    send(operations)

    counted = sum(map(body_size, operations))
    assert sent[0] <= counted + LARGEST - MAX_TRANSACTION_BYTES
    assert counted - sent[0] < 10 * 4_000  # what is reserved for headers and keys is all that it is too much


@pytest.mark.parametrize("kind", ["create", "upsert", "replace", "merge", "delete"])
@pytest.mark.every_case
def test_what_surrounds_a_small_row_is_counted(kind: str, sent: list[int]) -> None:
    etag = "" if kind in ("create", "upsert") else "W/\"datetime'2026-11-27T10%3A00%3A00.1234567Z'\""
    operations = [Operation(kind, f"r{number}", {"n": 1}, etag) for number in range(100)]  # type: ignore[arg-type]

    send(operations)

    assert sent[0] <= sum(map(body_size, operations)) + LARGEST - MAX_TRANSACTION_BYTES


def test_large_snapshots_are_taken_in_by_transactions_that_the_service_accepts(sent: list[int]) -> None:
    """Three megabytes of what cannot be compressed are four, and a little more, on the wire."""
    wanted = [_wanted(number) for number in range(100)]

    batches = list(_batches(wanted))
    for batch in batches:
        send([operation for one in batch for operation in one.decision.operations])

    assert sum(map(len, batches)) == len(wanted)
    assert max(sent) <= LARGEST
    assert len(batches) == 2


def _wanted(number: int) -> _Wanted:
    snapshot = {"id": f"v{number}", "asset": {"kind": "application", "id": "web-shop"}, "title": "t"}
    one = arrival(
        read_snapshot({"schema": 1, "vulnerability": {**snapshot, "severity": "high", "status": "open"}}),
        sent_at=None,
        now=NOW,
    )
    row = tables.create(one.row, {"schema": 1, "data0": secrets.token_bytes(60_000)})
    decision = _Decision(Outcome.CHANGED, f"{number:032}", "", (row,))
    return _Wanted(one, decision, lambda _: decision)

"""Rows written and read as we do it on the wire, beside the SDK's own methods: `python -m bench tables`.

Both ask the same storage by the same client, and all that is measured is the time that the processor spends on this
process; storage is another one.
"""

import secrets
import time
from collections.abc import Callable, Iterator

from bench.results import Result, Size, in_turn
from bench.stacks import fresh_stack
from shared.services import Services
from shared.storage import tables
from shared.storage.tables import Table

_WRITTEN = 95
_READ = 1_000
_TIMES = 40
_VALUES = {f"property{number}": secrets.token_hex(16) for number in range(8)}


def measure(size: Size) -> Iterator[Result]:
    """Measure a transaction, and a page of rows."""
    with fresh_stack() as stack:
        account = Services(stack._host_environment())._account
        table, client = Table(account, "rows"), account.table("rows")

        def written() -> None:
            table.transact("p", [tables.create(key, _VALUES) for key in _keys()])

        def written_by_the_sdk() -> None:
            client.submit_transaction([("create", {"PartitionKey": "p", "RowKey": key, **_VALUES}) for key in _keys()])

        def read() -> None:
            assert len(list(table.range("p", "", "~", limit=_READ))) == _READ

        def read_by_the_sdk() -> None:
            pages = client.query_entities("PartitionKey eq 'p'", results_per_page=_READ).by_page()
            assert len(list(next(pages))) == _READ

        for _ in range(_READ // _WRITTEN + 1):
            written()
        yield _compared(f"a transaction of {_WRITTEN} rows, processor's time", size, written, written_by_the_sdk)
        yield _compared(f"a page of {_READ:,} rows, processor's time", size, read, read_by_the_sdk)


def _compared(what: str, size: Size, ours: Callable[[], None], rival: Callable[[], None]) -> Result:
    mine, theirs = in_turn(size.rounds, lambda: _each(ours, size), lambda: _each(rival, size))
    return Result(what, f"{1000 * mine:.1f} ms", f"the SDK's methods {1000 * theirs:.1f} ms ({theirs / mine:.1f}×)")


def _keys() -> list[str]:
    return [secrets.token_hex(8) for _ in range(_WRITTEN)]


def _each(what: Callable[[], None], size: Size) -> float:
    number, started = size.of(_TIMES), time.process_time()
    for _ in range(number):
        what()
    return (time.process_time() - started) / number

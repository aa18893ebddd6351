"""Transactions as we write and read them, beside the SDK's `submit_transaction`: `python -m bench transactions`.

Both take the same rows to the same storage by the same client, one transaction after another.
"""

import secrets
import time
from collections.abc import Callable, Iterator

from bench.results import Result, Size, in_turn
from bench.stacks import fresh_stack
from shared.services import Services
from shared.storage import tables
from shared.storage.tables import Table

_ROWS = 95
_SENT = 40
_VALUES = {f"property{number}": secrets.token_hex(16) for number in range(8)}


def measure(size: Size) -> Iterator[Result]:
    """Measure what a transaction takes of this process's time; storage is another process."""
    with fresh_stack() as stack:
        account = Services(stack._host_environment())._account
        table, client = Table(account, "transactions"), account.table("transactions")

        def ours() -> None:
            table.transact("p", [tables.create(key, _VALUES) for key in _keys()])

        def rival() -> None:
            client.submit_transaction([("create", {"PartitionKey": "p", "RowKey": key, **_VALUES}) for key in _keys()])

        ours()
        mine, theirs = in_turn(size.rounds, lambda: _each(ours, size), lambda: _each(rival, size))
        yield Result(
            f"processor time of a transaction of {_ROWS} rows",
            f"{1000 * mine:.1f} ms",
            f"the SDK's `submit_transaction` {1000 * theirs:.1f} ms ({theirs / mine:.1f}×)",
        )


def _keys() -> list[str]:
    return [secrets.token_hex(8) for _ in range(_ROWS)]


def _each(what: Callable[[], None], size: Size) -> float:
    number, started = size.of(_SENT), time.process_time()
    for _ in range(number):
        what()
    return (time.process_time() - started) / number

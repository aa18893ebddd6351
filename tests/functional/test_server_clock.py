"""The storage service's time is known, however wrong this machine's clock is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.settings import StorageAccount
from shared.storage import tables
from shared.storage.account import Account
from shared.storage.tables import Table

OFF = timedelta(minutes=5)


class NoCredential:
    def __call__(self) -> Any:
        raise AssertionError("a connection string needs none")


def ask(table: Table) -> None:
    table.get("a", "x")


def write(table: Table) -> None:
    table.write("a", tables.upsert("x", {"schema": 1}))


def transact(table: Table) -> None:
    table.transact("a", [tables.upsert("x", {"schema": 1})])


@pytest.mark.parametrize("off", [OFF, -OFF])
@pytest.mark.parametrize("call", [ask, write, transact])
def test_any_answer_of_a_table_tells_the_time(azurite: str, call: Callable[[Table], None], off: timedelta) -> None:
    account = Account(StorageAccount(connection_string=azurite), NoCredential())
    account.clock = type(account.clock)(lambda: datetime.now(UTC) + off)
    table = Table(account, "clocks")

    call(table)

    assert abs(account.clock.now() - datetime.now(UTC)) < timedelta(seconds=3)
    assert table.clock is account.clock

"""Tables of one account, asked by many threads at once."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.settings import StorageAccount
from shared.storage import tables
from shared.storage.account import Account
from shared.storage.tables import Table
from tests.functional.test_departures_resumed import NO_CREDENTIAL


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hurried")
@pytest.mark.thorough
def test_no_call_meets_a_half_made_client(azurite: str) -> None:
    """Clients that share the parts of one pipeline link them anew while others send through them."""
    account = Account(StorageAccount(connection_string=azurite), lambda: NO_CREDENTIAL)
    names = [f"crowd{number}" for number in range(4)]
    for name in names:
        Table(account, name).write("p", tables.upsert("r", {"schema": 1}))

    def ask(number: int) -> bool:
        return Table(account, names[number % len(names)]).get("p", "r") is not None

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(ask, range(1_500)))

"""Leases of lanes, on real storage: one owner, and a repeated write is not another owner."""

import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.settings import StorageAccount
from shared.storage import tables
from shared.storage.account import Account
from shared.storage.tables import RowChangedError, Table
from shared.tickets.lanes.leases import Lease, LeaseLostError, Leases
from shared.tickets.rows import keys
from shared.times import Times


@pytest.fixture
def table(azurite: str) -> Table:
    def no_credential() -> None:
        raise AssertionError("a connection string needs no credential")

    return Table(Account(StorageAccount(connection_string=azurite), no_credential), "leases")  # type: ignore[arg-type]


@pytest.fixture
def connection() -> str:
    return secrets.token_hex(4)


@pytest.fixture
def leases(table: Table) -> Leases:
    return Leases(table, Times.scaled(0.01))


def taken(leases: Leases, connection: str) -> Lease:
    lease = leases.take(connection, 3)
    assert lease
    return lease


def test_one_of_many_gets_it(table: Table, connection: str) -> None:
    leases = Leases(table, Times())
    with ThreadPoolExecutor(16) as threads:
        got = list(threads.map(lambda _: leases.take(connection, 3), range(32)))

    assert len([lease for lease in got if lease]) == 1


def test_a_released_lane_is_free_at_once(leases: Leases, connection: str) -> None:
    leases.release(connection, taken(leases, connection))

    assert taken(leases, connection).generation == 2


@pytest.mark.slow
def test_an_unreleased_lane_is_free_when_the_lease_is_over_and_not_before(leases: Leases, connection: str) -> None:
    started = time.monotonic()
    taken(leases, connection)

    while leases.take(connection, 3) is None:
        assert time.monotonic() - started < 10
        time.sleep(0.05)

    assert time.monotonic() - started >= leases.times.lease


def test_a_lease_that_is_renewed_begins_anew(leases: Leases, table: Table, connection: str) -> None:
    lease = taken(leases, connection)
    written = lease.written

    leases.renew(connection, lease)

    assert lease.written > written
    table.transact(connection, [lease.operation()])


def test_who_was_overtaken_cannot_renew(leases: Leases, table: Table, connection: str) -> None:
    lease = taken(leases, connection)
    other = {"schema": 1, "owner": "another", "generation": 2}
    table.write(connection, tables.upsert(keys.lease_row(3), other))  # type: ignore[arg-type]

    with pytest.raises(LeaseLostError):
        leases.renew(connection, lease)


def test_who_was_overtaken_cannot_write(leases: Leases, table: Table, connection: str) -> None:
    lease = taken(leases, connection)
    other = {"schema": 1, "owner": "another", "generation": 2}
    table.write(connection, tables.upsert(keys.lease_row(3), other))  # type: ignore[arg-type]

    with pytest.raises(RowChangedError):
        table.transact(connection, [lease.operation()])
    assert not leases.recover(connection, lease)
    leases.release(connection, lease)

    row = table.get(connection, keys.lease_row(3))
    assert row
    assert row.values["owner"] == "another"


def test_a_write_of_ours_whose_answer_was_lost_is_not_another_owner(
    leases: Leases, table: Table, connection: str
) -> None:
    lease = taken(leases, connection)
    table.write(connection, lease.operation())  # carried out; the etag that came back was lost

    assert leases.recover(connection, lease)
    table.write(connection, lease.operation())
    leases.release(connection, lease)

    assert leases.take(connection, 3)

"""Each protection of the protocols by itself, on real storage: taken away, one of these tests fails."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from shared.errors import TransientError
from shared.settings import StorageAccount
from shared.storage import tables
from shared.storage.account import Account
from shared.storage.queues import Queue
from shared.storage.tables import Row, Table
from shared.tickets.lanes.health import Condition, Health
from shared.tickets.lanes.leases import Lease, LeaseLostError, Leases
from shared.tickets.lanes.pending import due_at_once
from shared.tickets.lanes.wake_ups import WakeUps
from shared.tickets.rows import keys
from shared.tickets.rows.records import Stored, Ticket, WorkItemRef
from shared.tickets.rows.ticket_rows import read_ticket
from shared.tickets.updates.journal import Change, Journal
from shared.tickets.updates.outbox import Outbox
from shared.tickets.upkeep.sweep import Sweep
from shared.tickets.work.lane import Lane
from shared.times import Times

TIMES = Times.scaled(0.01)
NOW = datetime(2026, 11, 21, tzinfo=UTC)
TICKET = keys.ticket_key(keys.asset_key("application", "shop"), "V1")
LANE = keys.lane_of(TICKET)


class Connections:
    """As much of the store of connections as the sweep asks for."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def all(self) -> list[Any]:
        return [type("Connection", (), {"name": name, "may_write": True}) for name in self._names]


class NothingLeaves:
    """As much of departures as the sweep asks for."""

    def carry_on(self) -> None:
        pass


@pytest.fixture
def account(azurite: str) -> Account:
    def no_credential() -> Any:
        raise AssertionError("a connection string needs no credential")

    return Account(StorageAccount(connection_string=azurite), no_credential)


@pytest.fixture
def table(account: Account) -> Table:
    return Table(account, "protections")


@pytest.fixture
def connection() -> str:
    return secrets.token_hex(4)


@pytest.fixture
def journal(table: Table) -> Journal:
    return Journal(table, Leases(table, TIMES))


def pending(table: Table, connection: str) -> Row:
    table.write(connection, due_at_once(TICKET))
    row = table.get(connection, keys.pending_row(TICKET))
    assert row
    return row


def created(done: Row | None = None) -> Change:
    stored = Stored(TICKET, Ticket("application", "shop", created_at=NOW, changed_at=NOW))
    item = WorkItemRef(id=7, revision=1, state="To Do", category="Proposed")
    return Change(stored, lambda ticket: replace(ticket, work_item=item), change="created", by="us", done=done)


def overtaken(table: Table, connection: str, leases: Leases) -> Lease:
    """A lease that another worker has taken over since."""
    lease = leases.take(connection, LANE)
    assert lease
    other = {"schema": 1, "owner": "another", "generation": 2}
    table.write(connection, tables.upsert(keys.lease_row(LANE), other))  # type: ignore[arg-type]
    return lease


def test_a_worker_that_was_overtaken_writes_nothing(table: Table, connection: str, journal: Journal) -> None:
    row = pending(table, connection)
    lease = overtaken(table, connection, journal.leases)

    with pytest.raises(LeaseLostError):
        journal.write(connection, [created(row)], lease)

    assert table.get(connection, keys.ticket_row(TICKET)) is None
    assert table.get(connection, keys.pending_row(TICKET)) == row


def test_a_worker_that_was_overtaken_sends_nothing(table: Table, connection: str) -> None:
    """What is not announced is not sent."""
    leases = Leases(table, TIMES)
    tools, whose = SimpleNamespace(table=table, leases=leases), SimpleNamespace(name=connection)
    lane = Lane(tools, whose, SimpleNamespace(), overtaken(table, connection, leases), SimpleNamespace())  # type: ignore[arg-type]
    ticket = Ticket("application", "shop", created_at=NOW, changed_at=NOW)

    with pytest.raises(LeaseLostError):
        lane.stamp([SimpleNamespace(stored=Stored(TICKET, ticket))], [ticket])  # type: ignore[list-item]

    assert table.get(connection, keys.ticket_row(TICKET)) is None


def test_a_pending_row_that_was_renewed_meanwhile_stays(table: Table, connection: str, journal: Journal) -> None:
    seen = pending(table, connection)
    renewed = pending(table, connection)

    journal.write(connection, [created(seen)])

    assert table.get(connection, keys.pending_row(TICKET)) == renewed
    assert table.get(connection, keys.ticket_row(TICKET))


def test_a_pending_row_that_is_done_goes(table: Table, connection: str, journal: Journal) -> None:
    journal.write(connection, [created(pending(table, connection))])

    assert table.get(connection, keys.pending_row(TICKET)) is None


@pytest.mark.parametrize(("word", "history"), [("updated", 2), ("", 1)])
def test_a_change_is_made_to_what_the_ticket_is_by_then(
    table: Table, connection: str, journal: Journal, word: str, history: int
) -> None:
    """An event overtook the answer that it reports, or a note that makes no history."""
    journal.write(connection, [created()])
    stale = replace(created().stored, etag="W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\"")

    rename = Change(stale, lambda ticket: replace(ticket, title="new"), change=word, by="us")
    journal.write(connection, [rename])

    after = table.get(connection, keys.ticket_row(TICKET))
    assert after
    ticket = read_ticket(after).ticket
    assert (ticket.title, ticket.work_item.id, ticket.history) == ("new", 7, history)


class BrokenQueue:
    def send_text(self, text: str, *, delay: float = 0) -> None:
        del text, delay
        raise TransientError("away")


def test_history_that_could_not_be_sent_is_kept(
    account: Account, table: Table, connection: str, journal: Journal
) -> None:
    unsent = journal.write(connection, [created()])

    with pytest.raises(TransientError):
        Outbox(table, BrokenQueue()).send_all(connection, unsent)  # type: ignore[arg-type]

    assert table.get(connection, keys.outbox_row(TICKET))


def sweep(account: Account, table: Table, *connections: str) -> tuple[Sweep, Queue, Queue]:
    name = f"sweep-{secrets.token_hex(4)}"
    work, updates = Queue(account, f"{name}-work"), Queue(account, f"{name}-updates")
    forgotten = replace(TIMES, retry=-2.0)  # the service's clock is read in whole seconds
    return (
        Sweep(
            table,
            work,
            Connections(*connections),  # type: ignore[arg-type]
            Health(table, TIMES),
            WakeUps(work, TIMES),
            Outbox(table, updates),
            NothingLeaves(),  # type: ignore[arg-type]
            NothingLeaves(),  # type: ignore[arg-type]
            forgotten,
        ),
        work,
        updates,
    )


def messages(queue: Queue) -> list[Any]:
    return list(queue._open().peek_messages(32))


def test_what_a_dead_process_left_without_a_wake_up_is_found(account: Account, table: Table, connection: str) -> None:
    pending(table, connection)
    run, work, _ = sweep(account, table, connection)

    run()

    (message,) = messages(work)
    assert f'"lane":{LANE}' in message.content


def test_history_that_a_dead_process_left_is_sent_in_order(
    account: Account, table: Table, connection: str, journal: Journal
) -> None:
    journal.write(connection, [created()])
    row = table.get(connection, keys.ticket_row(TICKET))
    assert row
    close = replace(read_ticket(row).ticket.work_item, revision=2, state="Done", category="Completed")
    change = Change(read_ticket(row), lambda ticket: replace(ticket, work_item=close), change="updated", by="Jamal")
    journal.write(connection, [change])
    run, _, updates = sweep(account, table, connection)

    run()

    assert [f'"sequence": {n}' in message.content for n, message in enumerate(messages(updates), 1)] == [True, True]
    assert table.get(connection, keys.outbox_row(TICKET)) is None


def test_one_connection_that_cannot_be_swept_keeps_no_other_from_it(
    account: Account, table: Table, connection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending(table, connection)
    run, work, _ = sweep(account, table, "broken", connection)
    condition = Health.of

    def broken(self: Health, name: str) -> Condition:
        if name == "broken":
            raise TransientError("away")
        return condition(self, name)

    monkeypatch.setattr(Health, "of", broken)
    run()

    assert len(messages(work)) == 1

"""History of closed tickets and failed messages are forgotten after their time; nothing that is still needed is."""

import secrets
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from shared.settings import StorageAccount
from shared.storage.account import Account
from shared.storage.tables import Table
from shared.tickets.failed_messages.records import FailedMessage, Reason
from shared.tickets.failed_messages.store import FailedMessages
from shared.tickets.lanes.leases import Leases
from shared.tickets.rows import keys
from shared.tickets.rows.records import Stored, Ticket, WorkItemRef
from shared.tickets.rows.ticket_rows import read_ticket
from shared.tickets.updates.journal import Change, Journal
from shared.tickets.updates.outbox import Outbox
from shared.tickets.upkeep.retention import FAILED_MESSAGES, HISTORY, Keep, Retention
from tests.functional.bridge import Bridge, eventually
from tests.functional.test_departures_resumed import NO_CREDENTIAL, TIMES, Kept

CLOSED = WorkItemRef(id=1, project="p", revision=1, category="Completed")
OPEN = replace(CLOSED, category="Proposed")


class World:
    """Storage, and what a process does a few days later."""

    def __init__(self, azurite: str) -> None:
        self.account = Account(StorageAccount(connection_string=azurite), lambda: NO_CREDENTIAL)
        name = secrets.token_hex(5)
        self.table = Table(self.account, f"tickets{name}")
        self.failed = FailedMessages(Table(self.account, f"failed{name}"))
        self.queue = Kept()
        self.outbox = Outbox(self.table, Kept())  # type: ignore[arg-type]
        self.journal = Journal(self.table, Leases(self.table, TIMES))

    def ticket(self, name: str, item: WorkItemRef, *, entries: int, sent: bool = True) -> str:
        """Make a ticket that is closed on the platform, with so many entries in its history."""
        key = keys.ticket_key(keys.asset_key("application", "shop"), name)
        ticket = Ticket("application", "shop", title="t0", open=False, work_item=item)
        for number in range(entries):
            self.change(key, ticket, f"t{number}", sent=sent)
        return key

    def change(self, key: str, ticket: Ticket, title: str, *, sent: bool = True) -> None:
        row = self.table.get("c", keys.ticket_row(key))
        stored = read_ticket(row) if row else Stored(key, ticket)
        change = Change(stored, lambda known: replace(known, title=title), "updated", "Jamal Hartnett")
        unsent = self.journal.write("c", [change])
        if sent:
            self.outbox.send_all("c", unsent)

    def known(self, key: str) -> Ticket:
        row = self.table.get("c", keys.ticket_row(key))
        assert row
        return read_ticket(row).ticket

    def history(self, key: str) -> list[int]:
        rows = self.table.range("c", keys.history_row(key, 0), keys.history_row(key, 10**10 - 1))
        return [int(row.key.rpartition("|")[2]) for row in rows]

    def retention(self, keep: Keep, *, days: float, drain: float = 30.0) -> Retention:
        table, failed = (
            Table(self.account, self.table._name),
            FailedMessages(Table(self.account, self.failed.table._name)),
        )
        later: Any = SimpleNamespace(now=lambda: self.account.clock.now() + timedelta(days=days))
        table.clock = failed.table.clock = later
        connections: Any = SimpleNamespace(with_tickets=lambda: [SimpleNamespace(name="c")])
        queue: Any = self.queue
        return Retention(table, connections, failed, queue, keep, replace(TIMES, drain=drain))

    def sweep(self, keep: Keep, *, days: float, drain: float = 30.0) -> int:
        """Do what the timer starts until nothing more is asked for; return how many rounds it took."""
        retention = self.retention(keep, days=days, drain=drain)
        retention.start()
        rounds = 0
        while self.queue.messages:
            (message,), _ = self.queue.messages.pop(0)
            retention.run(message)
            rounds += 1
        return rounds

    def fail(self, name: str) -> FailedMessage:
        now = self.account.clock.now()
        failed = FailedMessage("ticket-requests", name, b"{}", now, now, Reason("refused", "m", "h"))
        self.failed.record(failed)
        return failed


@pytest.fixture
def world(azurite: str) -> World:
    return World(azurite)


def test_the_history_of_a_closed_ticket_is_forgotten_and_its_sequence_goes_on(world: World) -> None:
    key = world.ticket("V1", CLOSED, entries=120)

    world.sweep(Keep(30, 30), days=29)
    assert world.history(key) == list(range(1, 121))
    world.sweep(Keep(30, 30), days=31)
    assert world.history(key) == []

    world.change(key, world.known(key), "again")
    assert world.history(key) == [121]


def test_who_had_the_item_of_a_closed_ticket_is_forgotten_with_its_history(world: World) -> None:
    closed, open_ = (
        world.ticket(name, replace(item, assigned_to="Jamal Hartnett"), entries=2)
        for name, item in (("V1", CLOSED), ("V2", OPEN))
    )

    world.sweep(Keep(30, 30), days=31)

    assert [world.known(key).work_item.assigned_to for key in (closed, open_)] == ["", "Jamal Hartnett"]
    assert world.known(closed).work_item == CLOSED
    assert (world.history(closed), world.history(open_)) == ([], [1, 2])


def test_an_open_ticket_s_history_stays(world: World) -> None:
    key = world.ticket("V1", OPEN, entries=2)

    world.sweep(Keep(30, 30), days=100)

    assert world.history(key) == [1, 2]


def test_what_was_not_sent_stays(world: World) -> None:
    key = world.ticket("V1", CLOSED, entries=2, sent=False)

    world.sweep(Keep(30, 30), days=100)

    assert world.history(key) == [1, 2]


def test_it_goes_on_where_its_time_was_over(world: World) -> None:
    kept = [world.ticket(f"V{number}", CLOSED, entries=2) for number in range(3)]

    rounds = world.sweep(Keep(30, 0), days=100, drain=0.0)

    assert rounds > 3
    assert [world.history(key) for key in kept] == [[], [], []]


def test_failed_messages_are_forgotten_by_when_they_were_sent(world: World) -> None:
    failed = world.fail("m1")

    world.sweep(Keep(0, 10), days=9)
    assert world.failed.get(failed.id) == failed
    world.sweep(Keep(0, 10), days=11)
    assert world.failed.count() == 0


def test_nothing_is_forgotten_if_it_is_kept_for_ever(world: World) -> None:
    key, _ = world.ticket("V1", CLOSED, entries=1), world.fail("m1")
    retention = world.retention(Keep(0, 0), days=10_000)

    for message in ({"round": HISTORY, "connection": "c"}, {"round": FAILED_MESSAGES}):
        retention.run(message)

    assert world.sweep(Keep(0, 0), days=10_000) == 0
    assert (world.history(key), world.failed.count()) == ([1], 1)


def test_the_timer_starts_it(bridge: Bridge) -> None:
    ticket = bridge.send()
    bridge.until(ticket, "open")
    host = bridge.stack.addresses
    url = f"{host.functions}/admin/functions/retention"
    answer = bridge.session.post(url, json={}, headers={"x-functions-key": host.host_key}, timeout=30)

    assert answer.status_code == 202, answer.text
    eventually(lambda: bridge.ask("GET", "health").ok, what="an answer")
    assert len(bridge.ticket(ticket)["history"]) == 1

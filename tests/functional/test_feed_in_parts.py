"""A long feed is read in parts: a function that runs too long is ended by its host, with all that runs beside it."""

import secrets
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from shared.azure_devops.revisions import Batch
from shared.errors import RefusedError, RejectedRequestError, TransientError
from shared.settings import StorageAccount
from shared.storage.account import Account
from shared.storage.tables import Table
from shared.tickets.lanes.health import Health
from shared.tickets.rows import keys
from shared.tickets.upkeep.reconcile import Reconcile
from shared.times import Times

TIMES = Times()
PROJECT = "p1"


class Forgetful:
    """An organisation that refuses every token, and begins where it is asked to."""

    reached = True
    slow_down = 0.0

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.asked: list[Any] = []

    def do(self, call: Any) -> Batch:
        self.asked.append(call.query)
        if "continuationToken" in call.query:
            raise self.error
        return Batch([], "9", last=True)


class Feed:
    """An organisation with a feed of five parts; the token says how many were read."""

    reached = True
    slow_down = 0.0

    def do(self, call: Any) -> Batch:
        read = int(call.query.get("continuationToken", 0)) + 1
        return Batch([], str(read), last=read == 5)


@pytest.fixture
def table(azurite: str) -> Table:
    return Table(Account(StorageAccount(connection_string=azurite), lambda: pytest.fail("no credential")), "feeds")


def reader(table: Table, seconds_each: float, organisation: Any = None) -> Reconcile:
    """A reader whose clock moves by so much each time that it is read."""
    links = SimpleNamespace(projects=lambda _: {PROJECT: "Web Shop"})
    organisations = SimpleNamespace(of=lambda _: organisation or Feed())
    clock = count(0.0, seconds_each)
    nobody: Any = SimpleNamespace(read=lambda *_: None)
    return Reconcile(table, links, organisations, Health(table, TIMES), nobody, TIMES, lambda: next(clock))  # type: ignore[arg-type]


def token(table: Table, connection: str) -> object:
    row = table.get(connection, keys.feed_row(PROJECT))
    return row.values["token"] if row else None


def test_what_does_not_fit_is_read_on_from_where_it_was_left(table: Table) -> None:
    connection: Any = SimpleNamespace(name=secrets.token_hex(4), tag="t")
    read = reader(table, seconds_each=10)

    assert not read(connection, seconds=15)
    assert token(table, connection.name) == "2"
    assert not read(connection, seconds=15)
    assert token(table, connection.name) == "4"
    assert read(connection, seconds=15)
    assert token(table, connection.name) == "5"


def test_what_fits_is_read_at_once(table: Table) -> None:
    connection: Any = SimpleNamespace(name=secrets.token_hex(4), tag="t")

    assert reader(table, seconds_each=0)(connection, seconds=15)
    assert token(table, connection.name) == "5"


@pytest.mark.parametrize("error", [RejectedRequestError("no such watermark"), RefusedError("VS402849")])
def test_a_token_that_is_refused_is_given_up(table: Table, error: Exception) -> None:
    connection: Any = SimpleNamespace(name=secrets.token_hex(4), tag="t")
    assert reader(table, seconds_each=0)(connection, seconds=15)
    forgetful = Forgetful(error)

    assert reader(table, 0, forgetful)(connection, seconds=15)

    assert token(table, connection.name) == "9"
    assert ["startDateTime" in query for query in forgetful.asked] == [False, True]


def test_what_does_not_answer_keeps_its_token(table: Table) -> None:
    connection: Any = SimpleNamespace(name=secrets.token_hex(4), tag="t")
    assert reader(table, seconds_each=0)(connection, seconds=15)

    assert reader(table, 0, Forgetful(TransientError("not now")))(connection, seconds=15)

    assert token(table, connection.name) == "5"

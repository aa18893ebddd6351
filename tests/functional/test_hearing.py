"""When silence is silence: what hooks told, what had to be read instead, and when."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from shared.settings import StorageAccount
from shared.storage.account import Account
from shared.storage.tables import Table
from shared.tickets.observing.hearing import Hearing, Silence
from shared.times import Times

PROJECT = "Web/Shop?"  # no row key could be this


class Clock:
    """One time for storage and process."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def minutes(self, count: float) -> None:
        self.at += timedelta(minutes=count)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hearing(azurite: str, clock: Clock, request: pytest.FixtureRequest) -> Hearing:
    account = Account(StorageAccount(connection_string=azurite), lambda: pytest.fail("no identity is needed"))
    table = Table(account, "hearing" + "".join(filter(str.isalpha, request.node.name)).lower()[:50])
    table.clock = SimpleNamespace(now=clock.now)  # type: ignore[assignment]
    return Hearing(table, Times(), clock.monotonic)


def silent(hearing: Hearing) -> list[Silence]:
    return hearing.silences("contoso")


def test_what_was_missed_and_never_told_is_silence_until_somebody_is_told(hearing: Hearing, clock: Clock) -> None:
    hearing.missed("contoso", PROJECT)
    since = clock.at
    clock.minutes(5)
    assert silent(hearing) == []  # it may be on its way
    clock.minutes(6)
    hearing.missed("contoso", PROJECT)

    (silence,) = silent(hearing)
    hearing.remember("contoso", silence)

    assert silence == Silence(PROJECT, since, is_new=True)
    assert silent(hearing) == [Silence(PROJECT, since, is_new=False)]


def test_a_hook_ends_it_and_the_next_silence_is_new(hearing: Hearing, clock: Clock) -> None:
    hearing.missed("contoso", PROJECT)
    clock.minutes(20)
    hearing.remember("contoso", silent(hearing)[0])
    hearing.heard("contoso", PROJECT)
    assert silent(hearing) == []

    clock.minutes(20)
    hearing.missed("contoso", PROJECT)
    clock.minutes(20)

    assert [silence.is_new for silence in silent(hearing)] == [True]


def test_one_lost_event_among_many_is_no_silence(hearing: Hearing, clock: Clock) -> None:
    """The row that says when something was told is not written for each event."""
    hearing.heard("contoso", PROJECT)
    clock.minutes(3)
    hearing.missed("contoso", PROJECT)
    clock.minutes(3)
    hearing.heard("contoso", PROJECT)
    clock.minutes(60)

    assert silent(hearing) == []


def test_projects_and_connections_do_not_hear_for_each_other(hearing: Hearing, clock: Clock) -> None:
    hearing.missed("contoso", PROJECT)
    clock.minutes(30)
    hearing.heard("contoso", "Mobile")
    hearing.heard("fabrikam", PROJECT)

    assert [silence.project for silence in silent(hearing)] == [PROJECT]
    assert hearing.silences("fabrikam") == []


def test_what_is_explained_is_forgotten(hearing: Hearing, clock: Clock) -> None:
    hearing.missed("contoso", PROJECT)
    clock.minutes(30)

    hearing.forget("contoso")

    assert silent(hearing) == []


def test_a_thousand_events_are_one_write(hearing: Hearing, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(hearing.table, "write", lambda _, operation: written.append(operation.key))
    for _ in range(1000):
        hearing.heard("contoso", PROJECT)
        hearing.missed("contoso", PROJECT)

    assert len(written) == 2

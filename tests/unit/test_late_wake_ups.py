"""Wake-ups of a lane that come when what they are about is done: they end without asking storage for anything."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.errors import TransientError
from shared.storage.tables import Row
from shared.tickets.lanes.leases import Leases
from shared.tickets.lanes.wake_ups import read_until
from shared.tickets.rows import keys
from shared.tickets.work.work import Work
from shared.times import Times
from tests.unit.small_lane import LANE, SmallLane, names

NAME = names()[0]


class Counted:
    """A table whose reads are counted."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self.reads = 0

    def __getattr__(self, name: str) -> Any:
        self.reads += name in ("get", "range", "all")
        return getattr(self._table, name)


@pytest.fixture
def lane() -> SmallLane:
    return SmallLane()


def later(lane: SmallLane, seconds: float) -> datetime:
    lane.table.at += timedelta(seconds=seconds)
    return lane.table.at


def leases_of_another(lane: SmallLane) -> Leases:
    table: Any = lane.table
    return Leases(table, Times())


def reads(lane: SmallLane, until: datetime | None, leases: Leases | None = None) -> int:
    """How many reads one wake-up takes; `leases` are another process's."""
    counted: Any = Counted(lane.table)
    chosen = leases or lane.leases
    before = chosen.table
    object.__setattr__(chosen, "table", counted)
    try:
        if chosen is lane.leases:
            lane.work.lane("c", LANE, until)
        else:
            assert chosen.take("c", LANE, until) is None
    finally:
        object.__setattr__(chosen, "table", before)
    return int(counted.reads)


def test_a_wake_up_for_what_was_done_asks_for_nothing(lane: SmallLane) -> None:
    lane.send(NAME)
    until = lane.table.at
    later(lane, 3)
    lane.run()
    assert lane.has_ticket(NAME)
    writes = lane.table.writes

    assert reads(lane, until) == 0
    assert lane.table.writes == writes


def test_another_process_reads_one_row_to_know_it(lane: SmallLane) -> None:
    until = lane.table.at
    later(lane, 3)
    lane.run()
    other = leases_of_another(lane)

    assert reads(lane, until, other) == 1
    assert reads(lane, until, other) == 1
    assert other.is_done("c", LANE, until)


@pytest.mark.parametrize("seconds", [-2, 0, 1, 600])
def test_what_may_have_come_after_the_last_look_is_worked_on(lane: SmallLane, seconds: float) -> None:
    """Clocks of the service are known to a second, on both sides."""
    lane.run()
    until = lane.table.at + timedelta(seconds=seconds)
    lane.send(NAME)

    lane.work.lane("c", LANE, until)

    assert lane.has_ticket(NAME)


def test_a_wake_up_of_the_version_before_is_worked_on(lane: SmallLane) -> None:
    lane.run()
    later(lane, 60)
    lane.send(NAME)

    lane.work.lane("c", LANE, read_until({"schema": 1, "connection": "c", "lane": LANE}))

    assert lane.has_ticket(NAME)


def test_a_worker_that_failed_before_it_was_done_has_done_nothing(
    lane: SmallLane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own wake-up is delivered again, and is late by then."""
    lane.send(NAME)
    until = lane.table.at
    later(lane, 60)

    def fail(*_: Any, **__: Any) -> Iterator[Row]:
        raise TransientError("Table Storage did not answer.")

    monkeypatch.setattr(lane.table, "range", fail)
    with pytest.raises(TransientError):
        lane.work.lane("c", LANE, until)
    monkeypatch.undo()
    later(lane, 60)

    lane.work.lane("c", LANE, until)

    assert lane.has_ticket(NAME)


def test_a_worker_that_stops_with_work_left_has_not_done_it(lane: SmallLane, monkeypatch: pytest.MonkeyPatch) -> None:
    lane.send(NAME)
    until = lane.table.at
    later(lane, 60)
    monkeypatch.setattr(Work, "_round", lambda *_: setattr(lane, "monotonic", lane.monotonic + 1e6))
    lane.run()
    monkeypatch.undo()

    lane.work.lane("c", LANE, until)

    assert lane.has_ticket(NAME)


def test_what_was_done_outlives_a_worker_that_died(lane: SmallLane) -> None:
    later(lane, 10)
    lane.run()
    done = lane.table.rows[keys.lease_row(LANE)].values["done_until"]
    later(lane, 60)
    assert leases_of_another(lane).take("c", LANE)  # and it is never heard of again

    assert lane.table.rows[keys.lease_row(LANE)].values["done_until"] == done

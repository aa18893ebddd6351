"""Small parts of tickets: names, order of snapshots, rows, wake-ups, hyperlinks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import NotFoundError, RejectedRequestError
from shared.storage.tables import Row
from shared.tickets.item_content.work_item_fields import hyperlink, parse_hyperlink
from shared.tickets.lanes.wake_ups import WakeUps, read_until
from shared.tickets.life.attempts import generation_of, is_link, link_nonce, new_nonce
from shared.tickets.rows import keys
from shared.tickets.rows.arrivals import Position, arrival, read_vulnerability, row_values
from shared.tickets.rows.records import Attempt, Failure, Ticket, TicketStatus, WorkItemRef
from shared.tickets.vulnerabilities.snapshots import read_snapshot
from shared.times import Times

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def vulnerability(**changes: Any) -> Any:
    asset = {"kind": "application", "id": "shop"}
    least = {"id": "V1", "asset": asset, "title": "t", "severity": "low", "status": "open"}
    return read_snapshot({"schema": 1, "vulnerability": {**least, **changes}})


class TestKeys:
    def test_an_asset_of_another_kind_is_another_asset(self) -> None:
        assert keys.asset_key("application", "a") != keys.asset_key("environment", "a")

    def test_the_tickets_of_an_asset_are_one_range(self) -> None:
        asset = keys.asset_key("application", "a")

        assert keys.ticket_key(asset, "V1").startswith(asset)

    def test_all_lanes_are_used(self) -> None:
        assert {keys.lane_of(keys.ticket_key("a", str(n))) for n in range(200)} == set(range(keys.LANES))

    def test_an_id_names_its_connection_and_ticket(self) -> None:
        ticket = keys.ticket_key(keys.asset_key("application", "a"), "V1")

        assert keys.parse_public_id(keys.public_id("contoso", ticket)) == ("contoso", ticket)

    @pytest.mark.parametrize("text", ["", "contoso", "contoso.", ".x", "contoso.short", "contoso." + "A" * 32])
    def test_what_is_no_id_is_not_found(self, text: str) -> None:
        with pytest.raises(NotFoundError):
            keys.parse_public_id(text)


class TestPosition:
    @pytest.mark.parametrize(
        ("older", "newer"),
        [
            (Position(NOW), Position(NOW + timedelta(seconds=1))),
            (Position(NOW + timedelta(hours=1), 1), Position(NOW, 2)),
            (Position(NOW, 7), Position(NOW + timedelta(seconds=1))),
        ],
    )
    def test_the_sequence_decides_where_both_have_one_else_the_time(self, older: Position, newer: Position) -> None:
        assert older.is_older_than(newer)
        assert not newer.is_older_than(older)

    def test_at_the_same_place_the_later_arrival_wins(self) -> None:
        assert not Position(NOW).is_older_than(Position(NOW))

    def test_what_came_just_now_is_newer_than_what_came_a_moment_ago_by_a_clock_of_whole_seconds(self) -> None:
        earlier = arrival(vulnerability(), sent_at=None, now=NOW + timedelta(seconds=0.9))
        later = arrival(vulnerability(), sent_at=None, now=NOW)

        assert not later.position.is_older_than(earlier.position)

    def test_what_was_sent_before_is_older_than_what_came_just_now(self) -> None:
        sent = arrival(vulnerability(), sent_at=NOW - timedelta(seconds=1), now=NOW)
        came = arrival(vulnerability(), sent_at=None, now=NOW)

        assert sent.position.is_older_than(came.position)

    def test_a_snapshot_from_the_future_is_refused(self) -> None:
        ahead = vulnerability(observed_at=(NOW + timedelta(minutes=11)).isoformat())

        with pytest.raises(RejectedRequestError, match="future"):
            arrival(ahead, sent_at=NOW, now=NOW)


class TestRows:
    def test_a_large_snapshot_is_cut_into_properties_and_reads_back(self) -> None:
        text = "".join(chr(0x4E00 + (n * 7919) % 20000) for n in range(90_000))
        large = arrival(vulnerability(description=text), sent_at=NOW, now=NOW)

        values = row_values(large, "ticket", "id")

        assert "snapshot1" in values
        assert read_vulnerability(Row("c", large.row, values, "e", NOW)) == large.vulnerability


class TestStatus:
    NEW = Ticket("application", "a")

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({}, TicketStatus.WAITING),
            ({"open": False}, TicketStatus.CLOSED),
            ({"attempt": Attempt("a", NOW, "p")}, TicketStatus.CREATING),
            ({"failure": Failure("c", "m")}, TicketStatus.FAILED),
            ({"work_item": WorkItemRef(id=1, category="InProgress")}, TicketStatus.OPEN),
            ({"work_item": WorkItemRef(id=1, category="Resolved")}, TicketStatus.OPEN),
            ({"work_item": WorkItemRef(id=1, category="Completed")}, TicketStatus.AWAITING_VALIDATION),
            ({"work_item": WorkItemRef(id=1, category="Completed"), "open": False}, TicketStatus.CLOSED),
            ({"work_item": WorkItemRef(id=1, category="Proposed", deleted=True)}, TicketStatus.DELETED),
        ],
    )
    def test_it_follows_from_what_is_known(self, changes: dict[str, Any], status: TicketStatus) -> None:
        assert replace(self.NEW, **changes).status is status


class RecordingQueue:
    def __init__(self) -> None:
        self.sent: list[tuple[int, float]] = []
        self.until: list[datetime | None] = []
        self.clock = SimpleNamespace(now=lambda: NOW)

    def send(self, message: dict[str, Any], *, delay: float = 0) -> None:
        self.sent.append((message["lane"], delay))
        self.until.append(read_until(message))


class TestWakeUps:
    def setup_method(self) -> None:
        self.queue = RecordingQueue()
        self.now = 100.0
        self.wake_ups = WakeUps(self.queue, Times(), clock=lambda: self.now)  # type: ignore[arg-type]

    def test_a_burst_is_one_wake_up_at_once_and_one_after_it(self) -> None:
        for _ in range(50):
            self.wake_ups.send("c", 1)

        assert self.queue.sent == [(1, 0.0), (1, 1.0)]
        assert self.queue.until == [NOW, NOW + timedelta(seconds=1)]

    def test_what_comes_after_the_second_is_delivered_gets_its_own(self) -> None:
        for _ in range(3):
            self.wake_ups.send("c", 1)
        self.now += 1.01

        self.wake_ups.send("c", 1)

        assert len(self.queue.sent) == 3

    def test_many_delays_of_one_lane_are_a_few_messages_none_of_them_early(self) -> None:
        for number in range(1000):
            self.wake_ups.send_later("c", 1, 10 + number % 5)

        assert len(self.queue.sent) <= 4
        assert max(delay for _, delay in self.queue.sent) >= 15
        assert min(delay for _, delay in self.queue.sent) >= 11

    def test_a_delay_that_is_over_covers_nothing_any_more(self) -> None:
        self.wake_ups.send_later("c", 1, 3)
        self.now += 10

        self.wake_ups.send_later("c", 1, 3)

        assert len(self.queue.sent) == 2

    def test_lanes_are_woken_apart(self) -> None:
        self.wake_ups.send("c", 1)
        self.wake_ups.send("c", 2)
        self.wake_ups.send("d", 2)

        assert [delay for _, delay in self.queue.sent] == [0.0, 0.0, 0.0]


@given(st.integers(0, 2**32 - 1))
def test_a_nonce_names_its_generation_however_many_there_were(generation: int) -> None:
    made, link = new_nonce(generation), link_nonce(generation)

    assert (generation_of(made), generation_of(link)) == (generation, generation)
    assert (is_link(made), is_link(link)) == (False, True)
    assert parse_hyperlink(hyperlink("https://a.example", f"c.{'a' * 32}", link)) == (f"c.{'a' * 32}", link)


@pytest.mark.parametrize(("nonce", "generation"), [("f" * 16, 0), ("0a" + "f" * 16, 10), ("ff" + "0" * 18, 255)])
def test_nonces_that_are_in_work_items_keep_their_meaning(nonce: str, generation: int) -> None:
    assert generation_of(nonce) == generation


def test_a_hyperlink_names_its_ticket_and_attempt_even_after_the_app_moved() -> None:
    ticket = "contoso." + "a" * 32

    assert parse_hyperlink(hyperlink("https://old.example", ticket, "0f")) == (ticket, "0f")
    assert parse_hyperlink("https://example.test/page") is None


def test_scaled_times_keep_their_order() -> None:
    times = Times.scaled(0.02)

    assert times.send_window + times.request < times.lease

"""Pages of tickets: filtered and searched in storage, of no more than can be waited for; and how many there are."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from shared.settings import StorageAccount
from shared.storage import tables
from shared.storage.account import Account
from shared.storage.tables import Table
from shared.tickets.api import reading
from shared.tickets.api.reading import Filter, ReadTickets
from shared.tickets.life import views
from shared.tickets.rows import arrivals, keys
from shared.tickets.rows.records import Attempt, Failure, Hold, Ticket, TicketStatus, WorkItemRef
from shared.tickets.rows.ticket_rows import ticket_values
from shared.tickets.upkeep.counting import Counting
from shared.tickets.vulnerabilities.snapshots import Vulnerability
from shared.times import Times
from tests.functional.test_departures_resumed import NO_CREDENTIAL

MOMENT = datetime(2026, 11, 1, tzinfo=UTC)
ASSET = keys.asset_key("application", "shop")
START = {"round": "count", "counts": [], "connection": "", "after": ""}
OPEN = WorkItemRef(id=7, category="Proposed", state="New")


def ticket(**changes: Any) -> Ticket:
    at_first = Ticket(
        "application", "shop", ("V1",), 1, "Outdated parser", "high", created_at=MOMENT, changed_at=MOMENT
    )
    return replace(at_first, **changes)


@dataclass
class World:
    """Connections with tickets in a table of their own."""

    account: Account
    names: list[str] = field(default_factory=lambda: ["alpha", "bravo"])

    def __post_init__(self) -> None:
        self.table = Table(self.account, f"tickets{secrets.token_hex(5)}")
        self.counts = Table(self.account, f"overview{secrets.token_hex(5)}")
        self.sent: list[dict[str, Any]] = []

    def store(self, connection: str, name: str, found: Ticket) -> str:
        key = keys.ticket_key(ASSET, name)
        self.table.write(connection, tables.create(keys.ticket_row(key), ticket_values(found)))
        if found.work_item.id:
            self.table.write(connection, tables.create(keys.work_item_row(found.work_item.id), {"ticket": key}))
        return keys.public_id(connection, key)

    @property
    def connections(self) -> Any:
        known = [SimpleNamespace(name=name) for name in self.names]
        return SimpleNamespace(with_tickets=lambda: iter(known))

    def page(self, after: str = "", size: int = 10, **wanted: str) -> tuple[list[str], str]:
        found, last = ReadTickets(self.table, self.connections).page(Filter(**wanted), after, size)
        return [view["id"] for view in found], last

    def counting(self, times: Times) -> Counting:
        queue: Any = SimpleNamespace(send=lambda message, **_: self.sent.append(message))
        return Counting(self.counts, self.table, self.connections, queue, times)


@pytest.fixture
def world(azurite: str) -> World:
    return World(Account(StorageAccount(connection_string=azurite), lambda: NO_CREDENTIAL))


class TestSearch:
    @pytest.mark.parametrize("search", ["parser", "OUTDATED P", "v1", "V1"])
    def test_a_part_of_the_title_or_the_vulnerability(self, world: World, search: str) -> None:
        wanted = world.store("alpha", "V1", ticket())
        world.store("alpha", "X", ticket(title="Something else", vulnerabilities=("X",)))

        assert world.page(search=search) == ([wanted], "")

    @pytest.mark.parametrize("search", ["7", "#7"])
    def test_a_number_is_that_of_a_work_item(self, world: World, search: str) -> None:
        first = world.store("alpha", "V1", ticket(work_item=OPEN))
        second = world.store("bravo", "V1", ticket(work_item=OPEN))
        world.store("bravo", "X", ticket(title="7 of 7", work_item=replace(OPEN, id=77)))

        assert world.page(search=search) == ([first, second], "")
        assert world.page(search=search, size=1) == ([first], first)
        assert world.page(first, search=search, size=1) == ([second], "")

    def test_a_number_nobody_has(self, world: World) -> None:
        world.store("alpha", "V1", ticket(work_item=OPEN))

        assert world.page(search="8") == ([], "")
        assert world.page(search="7", kind="application", asset="till") == ([], "")
        assert world.page(search="9" * 30) == ([], "")

    def test_together_with_a_status(self, world: World) -> None:
        world.store("alpha", "V1", ticket())
        failed = world.store("alpha", "V2", ticket(failure=Failure("refused", "No.")))

        assert world.page(search="parser", status=TicketStatus.FAILED) == ([failed], "")


class TestFilter:
    def test_a_ticket_that_only_has_a_snapshot_is_none_of_another_status(self, world: World) -> None:
        """Its row says otherwise: that there is one counts, not that it is none of those that are wanted."""
        world.store("alpha", "V1", ticket(work_item=OPEN))
        key = keys.ticket_key(ASSET, "V1")
        world.table.write("alpha", tables.create(keys.snapshot_of(key), {"ticket": key, "schema": 1}))

        assert world.page(status=TicketStatus.WAITING) == ([], "")
        assert len(world.page(status=TicketStatus.OPEN)[0]) == 1

    def test_what_no_worker_has_seen_yet_waits(self, world: World) -> None:
        told = {"id": "V1", "asset": {"kind": "application", "id": "shop"}, "status": "open"}
        new = Vulnerability.model_validate({**told, "title": "Outdated parser", "severity": "high"})
        came = arrivals.arrival(new, sent_at=None, now=MOMENT)
        key = keys.ticket_key(ASSET, "V1")
        world.table.write("alpha", tables.create(came.row, arrivals.row_values(came, key, "id")))

        found = ([keys.public_id("alpha", key)], "")
        assert world.page() == world.page(status=TicketStatus.WAITING) == world.page(search="parser") == found
        assert world.page(status=TicketStatus.OPEN) == world.page(waiting_for=Hold.FILTER) == ([], "")

    def test_by_what_it_waits_for(self, world: World) -> None:
        held = world.store("alpha", "V1", ticket(held=Hold.FILTER))
        world.store("alpha", "V2", ticket(held=Hold.STOPPED))
        world.store("alpha", "V3", ticket())

        assert world.page(waiting_for=Hold.FILTER) == ([held], "")

    def test_of_one_asset(self, world: World) -> None:
        mine = world.store("alpha", "V1", ticket())

        assert world.page(kind="application", asset="shop") == ([mine], "")
        assert world.page(kind="environment", asset="shop") == ([], "")
        assert world.page(kind="application", asset="till") == ([], "")


class TestShown:
    @pytest.mark.every_case
    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"vulnerabilities": ("V1", "V2"), "vulnerability_count": 200},
            {"work_item": replace(OPEN, deleted=True, assigned_to="Ada", url="https://dev.azure.com/c/_workitems/7")},
            {"work_item": replace(OPEN, category="Completed"), "open": False},
            {"work_item": replace(OPEN, category="Completed")},
            {"attempt": Attempt("n", MOMENT, "p", looked_at=MOMENT)},
            {"failure": Failure("refused", "No.", "Ask.")},
            {"held": Hold.DAILY_CAP},
            {"detached": "moved"},
            {"open": False},
        ],
    )
    def test_a_list_shows_a_ticket_as_it_is_by_itself(self, world: World, changes: dict[str, Any]) -> None:
        """Only some of its properties are read for a list."""
        found = replace(ticket(), **changes)
        world.store("alpha", "V1", found)

        (shown,), _ = ReadTickets(world.table, world.connections).page(Filter(), "", 10)

        assert shown == views.view("alpha", keys.ticket_key(ASSET, "V1"), found)


class TestBounds:
    def test_a_page_ends_where_enough_was_looked_at_and_the_next_goes_on(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "_MOST_LOOKED_AT", 3)
        stored = sorted(world.store("alpha", f"V{number}", ticket(title=f"Number {number}")) for number in range(7))
        wanted = world.store("bravo", "last", ticket(title="Sought"))

        first, after = world.page(size=2, search="sought")
        second, then = world.page(after, size=2, search="sought")
        third, end = world.page(then, size=2, search="sought")

        assert (first, second, third) == ([], [], [wanted])
        assert (after, then, end) == (stored[2], stored[5], "")

    def test_whoever_asks_for_more_has_more_looked_at(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reading, "_MOST_LOOKED_AT", 3)
        for number in range(7):
            world.store("alpha", f"V{number}", ticket())

        assert len(world.page(size=5, status=TicketStatus.WAITING)[0]) == 5
        assert len(world.page(size=6)[0]) == 6
        assert world.page(size=7)[1] == ""  # all that there are: no page is left

    def test_no_request_is_made_only_to_see_that_there_is_more(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "_MOST_LOOKED_AT", 3)
        for number in range(9):
            world.store("alpha", f"V{number}", ticket())
        asked: list[str] = []
        real = requests.Session.send

        def spied(self: requests.Session, request: requests.PreparedRequest, **more: Any) -> requests.Response:
            asked.append(str(request.url))
            return real(self, request, **more)

        monkeypatch.setattr(requests.Session, "send", spied)

        world.page(size=2, search="nothing")

        assert len(asked) == 3  # one for each kind of row that may be a ticket's

    def test_pages_are_whole_and_have_each_ticket_once(self, world: World) -> None:
        stored = {world.store(name, f"V{number}", ticket()) for name in world.names for number in range(5)}
        seen: list[str] = []
        after = ""
        for _ in range(4):
            found, after = world.page(after, size=3)
            seen += found

        assert after == ""
        assert seen == sorted(stored)

    def test_members_of_groups_are_not_read_one_by_one(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        group = world.store("alpha", "group", ticket())
        for number in range(5):
            key = keys.ticket_key(ASSET, f"V{number}")
            world.table.write("alpha", tables.create(keys.snapshot_of(key), {"ticket": group.partition(".")[2]}))
        reads: list[str] = []
        monkeypatch.setattr(Table, "get", lambda _, __, key: reads.append(key))

        assert world.page() == ([group], "")
        assert reads == []

    def test_what_nobody_filters_is_read_as_far_as_it_is_shown(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[dict[str, Any]] = []
        real = Table.range

        def spied(self: Table, *arguments: Any, **more: Any) -> Any:
            asked.append(more)
            return real(self, *arguments, **more)

        monkeypatch.setattr(Table, "range", spied)
        world.store("alpha", "V1", ticket())

        world.page(size=50)

        assert {one["at_once"] for one in asked} == {51}


class TestCounts:
    def test_all_are_counted_by_status_and_severity(self, world: World) -> None:
        counting = world.counting(Times())
        for number, severity in enumerate(("high", "high", "low")):
            world.store("alpha", f"V{number}", ticket(work_item=replace(OPEN, id=number + 1), severity=severity))
        world.store("bravo", "V", ticket(failure=Failure("refused", "No."), severity=""))
        assert counting.view() == {"tickets": {}, "counted_at": None}

        counting.run(START)

        found = counting.view()
        assert found["tickets"] == {"open": {"high": 2, "low": 1}, "failed": {"": 1}}
        assert found["counted_at"]

    def test_what_takes_too_long_goes_on_where_it_was(self, world: World) -> None:
        counting = world.counting(replace(Times(), drain=-1.0))
        for name in world.names:
            for number in range(2):
                world.store(name, f"V{number}", ticket(severity="high"))

        counting.run(START)
        rounds = 0
        while rounds < len(world.sent):
            counting.run(world.sent[rounds])
            rounds += 1

        assert rounds == len(world.names) * 2

        assert counting.view()["tickets"] == {"waiting": {"high": 4}}

    def test_of_many_who_look_at_old_numbers_one_asks(self, world: World) -> None:
        counting = world.counting(Times())

        for _ in range(3):
            counting.view()

        assert [one["round"] for one in world.sent] == ["count"]

    def test_fresh_numbers_are_not_counted_again(self, world: World) -> None:
        counting = world.counting(Times())
        counting.run(START)

        counting.view()

        assert world.sent == []
        world.counting(replace(Times(), counts_fresh=-1.0)).view()
        assert [one["round"] for one in world.sent] == ["count"]

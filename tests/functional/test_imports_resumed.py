"""An import, and its undo, whose process dies between any two steps: sent again, or carried on, it ends the same."""

import json
import secrets
from dataclasses import dataclass, field, replace
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest

from shared.azure_devops.work_items import DeletedItem, WorkItem
from shared.connections.defaults import Defaults
from shared.connections.models import Connection
from shared.connections.store import ConnectionStore
from shared.errors import NotFoundError
from shared.links.models import Link
from shared.links.store import LinkStore
from shared.settings import StorageAccount
from shared.storage import tables
from shared.storage.account import Account
from shared.storage.tables import Table
from shared.tickets.imports import arrays
from shared.tickets.imports.records import Imports
from shared.tickets.imports.taking import Fullness, TakeReport
from shared.tickets.imports.taking_back import TakeBack
from shared.tickets.intake.accept import Accept, Outcome
from shared.tickets.intake.grouping import Grouping
from shared.tickets.lanes.leases import Leases
from shared.tickets.rows import keys
from shared.tickets.rows.arrivals import arrival, read_vulnerability
from shared.tickets.rows.records import Stored, Ticket, WorkItemRef
from shared.tickets.rows.ticket_rows import read_ticket, ticket_values
from shared.tickets.updates.journal import Journal
from shared.tickets.vulnerabilities import origins
from shared.tickets.vulnerabilities.origins import Origin
from shared.tickets.vulnerabilities.scans import Report
from shared.tickets.vulnerabilities.snapshots import Status
from shared.tickets.work.lane import Lane
from shared.tickets.work.withdrawing import Withdrawal, Withdrawer
from tests.functional.test_departures_resumed import NO_CREDENTIAL, TIMES, DiedError, Kept, Life, Mortal

COUNT = 60  # more than one transaction takes
FIRST, SECOND = "1" * 32, "2" * 32
NOBODY: Any = SimpleNamespace(send=lambda *_: None, send_later=lambda *_: None)


@dataclass
class Boards:
    """As much of Azure DevOps as an undo asks for: work items by id, and the recycle bin."""

    items: dict[int, WorkItem] = field(default_factory=dict)
    bin: set[int] = field(default_factory=set)
    slow_down: float = 0.0
    trouble: Any = None
    reached: bool = False

    def do(self, call: Any) -> Any:
        if call.path.endswith("workitemsbatch"):
            return {number: self.items[number] for number in call.body["ids"] if number in self.items}
        number = int(call.path.rpartition("/")[2])
        if call.method == "DELETE":
            del self.items[number]
            self.bin.add(number)
            return None
        if number not in self.bin:
            raise NotFoundError("no")
        return DeletedItem(number, "t", "p", None)


@dataclass
class World:
    """Storage with one connection and one link, and what a process that lives so many steps does to it."""

    account: Account
    name: str
    boards: Boards = field(default_factory=Boards)
    updates: Kept = field(default_factory=Kept)
    asked: Kept = field(default_factory=Kept)

    def __post_init__(self) -> None:
        self.table = Table(self.account, f"tickets{self.name}")
        self.links = LinkStore(Table(self.account, f"links{self.name}"))
        self.connections = ConnectionStore(Table(self.account, f"connections{self.name}"))
        self.connections.save(Connection("c", "https://u/o", "personal_access_token", "secret", "B", Defaults()))
        assert self.links.find("application", "shop") is None  # the first look makes the table
        self.links.save(Link("application", "shop", "c", "p1", "One"))

    def take(self, report: Report, import_id: str, steps: int = -1) -> int:
        table = Mortal(self.table, Life(steps))
        imports = Imports(Mortal(Table(self.account, f"imports{self.name}"), table.life))  # type: ignore[arg-type]
        take = TakeReport(table, self.links, Accept(table, NOBODY), imports)  # type: ignore[arg-type]
        return take(report, import_id, full=Fullness(confirmed=True)).gone

    def back(self, steps: int = -1) -> TakeBack:
        life = Life(steps)
        imports = Imports(Mortal(Table(self.account, f"imports{self.name}"), life))  # type: ignore[arg-type]
        queue: Any = self.asked
        table: Any = Mortal(self.table, life)
        return TakeBack(table, imports, self.connections, queue, NOBODY, TIMES)

    def status(self) -> dict[str, str]:
        found = map(read_vulnerability, self.rows())
        return {vulnerability.id: vulnerability.status.value for vulnerability in found}

    def rows(self) -> list[tables.Row]:
        return list(self.table.range("c", "v|", "v|~"))

    def create_items(self) -> None:
        """What the lanes do with an import; every third item is then touched, and some are not created yet."""
        for number, row in enumerate(self.rows()):
            if number % 5 == 4:
                continue
            key = str(row.values["ticket"])
            ref = WorkItemRef(id=number + 1, project="p", revision=1)
            ticket = Ticket("application", "shop", work_item=ref, nonce="n", own_revision=1)
            self.table.write("c", tables.create(keys.ticket_row(key), ticket_values(ticket)))
            self.boards.items[ref.id] = WorkItem(ref.id, 2 if number % 3 == 0 else 1, "p", {}, (), "")

    def work(self, steps: int = -1) -> None:
        """A round of the lanes that takes back what is withdrawn."""
        life = Life(steps)
        table, leases = Mortal(self.table, life), Leases(self.table, TIMES)
        for row in list(self.rows()):
            key = str(row.values["ticket"])
            pending = self.table.get("c", keys.pending_row(key))
            stored = self.table.get("c", keys.ticket_row(key))
            known = read_ticket(stored) if stored else Stored(key, Ticket("application", "shop"))
            one = Withdrawal(pending, known, [row]) if pending else None
            if one and one.is_settled and origins.is_withdrawn(row):
                lease = leases.take("c", keys.lane_of(key))
                assert lease
                journal = Journal(table, leases)  # type: ignore[arg-type]
                tools = SimpleNamespace(table=table, journal=journal, outbox=NoOutbox(), leases=leases)
                boards, connection = Mortal(self.boards, life), SimpleNamespace(name="c", identity="B")
                condition = SimpleNamespace(troubles=0, problem=False)
                lane = Lane(tools, connection, boards, lease, condition)  # type: ignore[arg-type]
                try:
                    Withdrawer(lane).run([one])
                finally:
                    leases.release("c", lease)


class NoOutbox:
    def send_all(self, *_: Any) -> None:
        pass


def array(ids: range, *, source: str = "inventory") -> Report:
    asset = {"kind": "application", "id": "shop"}
    least = {"asset": asset, "title": "t", "severity": "low", "status": "open"}
    body = json.dumps([{"id": f"V{number}", **least} for number in ids]).encode()
    return arrays.report(BytesIO(body), name=source)


@pytest.fixture
def world(azurite: str) -> World:
    account = Account(StorageAccount(connection_string=azurite), lambda: NO_CREDENTIAL)
    return World(account, secrets.token_hex(5))


@pytest.mark.slow
def test_a_full_report_that_is_sent_again_after_a_crash_ends_the_same(world: World) -> None:
    world.take(array(range(COUNT)), FIRST)
    died = 0
    for steps in range(1, 200, 2):
        try:
            world.take(array(range(COUNT // 2, COUNT + 20)), SECOND, steps)
        except DiedError:
            died += 1
            continue
        break

    gone = {f"V{number}": "fixed" for number in range(COUNT // 2)}
    assert died > 5
    assert world.status() == gone | {f"V{number}": "open" for number in range(COUNT // 2, COUNT + 20)}
    made = [row for row in world.rows() if row.values["import"] == SECOND]
    assert len(made) == 20


@pytest.mark.slow
def test_an_undo_whose_processes_die_is_carried_on(world: World) -> None:
    world.take(array(range(COUNT)), FIRST)
    world.create_items()
    touched = {number for number, item in world.boards.items.items() if item.revision == 2}
    world.back().start(FIRST)
    died = 0
    for steps in range(1, 400, 3):
        try:
            world.back(steps).run({"import": FIRST})
            world.work(steps)
        except DiedError:
            died += 1
        if world.back().view(FIRST)["status"] == "undone":
            break

    found = world.back().view(FIRST)
    assert died > 5
    assert (found["status"], found["tickets"]) == ("undone", 0)
    assert set(world.boards.items) == touched
    assert len(found["left"]) == len(touched) == COUNT - found["taken_back"]
    assert len(world.rows()) == len(touched)


class TestGoneMeanwhile:
    """A full report misses a vulnerability, whose row another request changes between the look and the writing."""

    def missed(self, world: World, before: list[tables.Row]) -> Outcome:
        """Mark the vulnerability as fixed, as its row was read before."""
        (row,) = before
        looked = origins.scans_of(row)
        fixed = read_vulnerability(row).model_copy(update={"status": Status.FIXED, "observed_at": None})
        gone = arrival(fixed, sent_at=None, now=world.table.clock.now(), origin=Origin(gone_from=frozenset(looked)))
        outcomes = Accept(world.table, NOBODY).many("c", [gone], {row.key: row}, Grouping())
        (outcome,) = outcomes
        return outcome

    def test_what_nobody_has_is_fixed_once(self, world: World) -> None:
        world.take(array(range(1)), FIRST)
        before = world.rows()

        assert [self.missed(world, before), self.missed(world, before)] == [Outcome.CHANGED, Outcome.CHANGED]
        assert world.status() == {"V0": "fixed"}
        assert self.missed(world, world.rows()) is Outcome.UNCHANGED

    def test_what_another_scan_found_stays_open(self, world: World) -> None:
        world.take(array(range(1)), FIRST)
        before = world.rows()
        world.take(array(range(1), source="other"), SECOND)

        assert self.missed(world, before) is Outcome.OUTDATED

        (row,) = world.rows()
        assert world.status() == {"V0": "open"}
        assert len(origins.scans_of(row)) == 1

    def test_what_a_person_judged_stays_so(self, world: World) -> None:
        world.take(array(range(1)), FIRST)
        before = world.rows()
        accepted = read_vulnerability(before[0]).model_copy(update={"status": Status.RISK_ACCEPTED})
        now = world.table.clock.now()
        Accept(world.table, NOBODY).one("c", arrival(accepted, sent_at=None, now=now, origin=Origin()), Grouping())

        assert self.missed(world, before) is Outcome.OUTDATED
        assert world.status() == {"V0": "risk_accepted"}

    def test_what_was_taken_back_does_not_return(self, world: World) -> None:
        world.take(array(range(1)), FIRST)
        before = world.rows()
        world.table.write("c", tables.delete(before[0].key, before[0].etag))

        assert self.missed(world, before) is Outcome.OUTDATED
        assert world.rows() == []


def test_a_snapshot_that_comes_meanwhile_keeps_its_ticket(world: World) -> None:
    world.take(array(range(2)), FIRST)
    world.create_items()
    world.boards.items = {number: replace(item, revision=1) for number, item in world.boards.items.items()}
    world.back().start(FIRST)
    world.back().run({"import": FIRST})
    world.take(array(range(1)), SECOND)
    world.work()

    assert world.status() == {"V0": "open"}
    assert len(world.boards.items) == 1


def test_what_a_deleted_connection_had_is_left(world: World) -> None:
    world.take(array(range(2)), FIRST)
    world.create_items()
    world.connections.bury(world.connections.get("c"))
    world.back().start(FIRST)
    world.back().run({"import": FIRST})
    world.back().run({"import": FIRST})

    found = world.back().view(FIRST)
    assert (found["status"], [entry["reason"] for entry in found["left"]]) == ("undone", ["detached"] * 2)

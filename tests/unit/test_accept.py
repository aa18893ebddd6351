"""Snapshots that come one by one, and at the same moment: each is kept once, and nobody's fault is another one's."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Barrier, Event
from typing import Any

import pytest
from opentelemetry.trace import SpanKind

from shared.storage.tables import Operation, Row
from shared.telemetry import traces
from shared.tickets.intake.accept import Accept
from shared.tickets.intake.grouping import Grouping
from shared.tickets.rows import keys
from shared.tickets.rows.arrivals import arrival
from shared.tickets.vulnerabilities.origins import Origin
from shared.tickets.vulnerabilities.snapshots import Vulnerability
from tests.unit.small_tables import SmallTable
from tests.unit.vulnerabilities import vulnerability

ENOUGH = 8
"""That were new, for the next one to be taken for new."""


class Asked(SmallTable):
    """Counts what it is asked for. While `held`, the first transaction waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()
        self.holding, self.held = Event(), Event()
        self.held.set()

    def get(self, partition: str, key: str) -> Row | None:
        self.asked["read"] += 1
        return super().get(partition, key)

    def transact(self, partition: str, operations: Sequence[Operation]) -> list[str]:
        self.asked["transaction"] += 1
        self.holding.set()
        assert self.held.wait(20)
        return super().transact(partition, operations)


class Senders:
    """Sends snapshots to a connection, one after the other or at the same moment."""

    def __init__(self) -> None:
        self.table = Asked()
        self.woken: list[int] = []
        self.refused: set[str] = set()
        self.accept = Accept(self.table, self, self.noticed)  # type: ignore[arg-type]

    def send(self, _: str, lane: int) -> None:
        self.woken.append(lane)

    def noticed(self, one: Vulnerability) -> None:
        if one.id in self.refused:
            raise KeyError(one.id)

    def one(self, id_: str, origin: Origin | None = None, **more: Any) -> str:
        snapshot = vulnerability(id_, **more)
        came = arrival(snapshot, sent_at=None, now=self.table.now(), origin=origin or Origin())
        return self.accept.one("c", came, Grouping())

    def together(self, *ids: str) -> list[Future[str]]:
        """Let all ask while a transaction for another one is under way."""
        self.table.held.clear()
        self.table.holding.clear()
        with ThreadPoolExecutor(len(ids) + 1) as threads:
            first = threads.submit(self.one, "first")
            assert self.table.holding.wait(20)
            ready = Barrier(len(ids) + 1)
            ends = [threads.submit(self._traced, ready, number, id_) for number, id_ in enumerate(ids)]
            ready.wait(20)
            deadline = time.monotonic() + 20
            while len(self.accept._gathering._asked["c"]) <= len(ids):  # nothing else shows that all of them wait
                assert time.monotonic() < deadline
                assert not first.done()
            self.table.held.set()
        return ends

    def _traced(self, ready: Barrier, number: int, id_: str) -> str:
        ready.wait(20)
        with traces.entered("test", f"00-{number + 1:032x}-{number + 1:016x}-01", SpanKind.CONSUMER):
            return self.one(id_)

    def kept(self) -> set[str]:
        return {str(row.values["ticket"]) for key, row in self.table.rows.items() if key.startswith("v|")}

    def pending(self, ticket: str) -> Row:
        return self.table.rows[keys.pending_row(ticket)]


@pytest.fixture
def senders() -> Iterator[Senders]:
    made = Senders()
    yield made
    made.table.held.set()


def test_those_who_come_meanwhile_share_one_transaction(senders: Senders) -> None:
    ends = senders.together(*(f"V{number}" for number in range(10)))

    assert senders.table.asked["transaction"] == 2
    assert {end.result() for end in ends} < senders.kept()
    assert len(senders.kept()) == 11


def test_what_comes_of_each_belongs_to_its_own_trace(senders: Senders) -> None:
    ends = senders.together("V1", "V2", "V3")

    found = [str(senders.pending(end.result()).values[traces.PROPERTY])[:35] for end in ends]
    assert found == [f"00-{number:032x}" for number in (1, 2, 3)]


def test_one_that_fails_fails_alone(senders: Senders) -> None:
    senders.refused = {"V2"}

    ends = senders.together("V1", "V2", "V3")

    assert [end.exception() is None for end in ends] == [True, False, True]
    assert {ends[0].result(), ends[2].result()} < senders.kept()
    assert len(senders.kept()) == 3


def test_who_changes_nothing_does_not_wait(senders: Senders) -> None:
    known = senders.one("known")
    senders.table.held.clear()
    senders.table.holding.clear()
    with ThreadPoolExecutor(2) as threads:
        writing = threads.submit(senders.one, "V1")
        assert senders.table.holding.wait(20)
        asking = threads.submit(senders.one, "known")
        ended = wait([asking], timeout=5).done
        senders.table.held.set()

    assert ended == {asking}
    assert [asking.result(), writing.result()] == [known, senders.one("V1")]


def test_twice_the_same_at_one_moment_is_one(senders: Senders) -> None:
    ends = senders.together("V1", "V1", "V1", "V2")

    assert ends[0].result() == ends[1].result() == ends[2].result() != ends[3].result()
    assert len(senders.kept()) == 3


class TestTakenForNew:
    @pytest.fixture(autouse=True)
    def _all_new(self, senders: Senders) -> None:
        for number in range(ENOUGH):
            senders.one(f"N{number}")
        senders.table.asked.clear()
        senders.woken.clear()

    def test_what_is_new_is_not_looked_for(self, senders: Senders) -> None:
        senders.one("V1")

        assert senders.table.asked == {"transaction": 1}
        assert len(senders.kept()) == ENOUGH + 1

    def test_what_is_known_is_as_it_was(self, senders: Senders) -> None:
        before = dict(senders.table.rows)

        senders.one("N0")

        assert senders.table.rows == before
        assert senders.table.asked == {"transaction": 1, "read": 1}

    def test_those_who_come_with_it_keep_their_traces(self, senders: Senders) -> None:
        ends = senders.together("V1", "N0", "V3")

        found = [str(senders.pending(end.result()).values[traces.PROPERTY])[:35] for end in ends[::2]]
        assert found == [f"00-{number:032x}" for number in (1, 3)]
        assert len(senders.kept()) == ENOUGH + 3

    def test_after_that_is_looked_again(self, senders: Senders) -> None:
        senders.one("N0")
        senders.table.asked.clear()

        senders.one("N1")

        assert senders.table.asked == {"read": 1}

    def test_what_says_something_else_is_written(self, senders: Senders) -> None:
        ticket = senders.one("N0", title="Another one")

        row = senders.table.rows[keys.snapshot_of(ticket)]
        assert row.values["fingerprint"] == vulnerability("N0", title="Another one").fingerprint()
        assert senders.woken == [keys.lane_of(ticket)]

    def test_what_scans_have_no_more_is_always_looked_for(self, senders: Senders) -> None:
        senders.one("never there", Origin(gone_from=frozenset({"scan"})), status="fixed")

        assert senders.table.asked == {"read": 1}
        assert len(senders.kept()) == ENOUGH

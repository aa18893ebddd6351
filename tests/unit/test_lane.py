"""A lane round by round: what is wrong with one ticket stays with it, and the settings are those of now."""

import itertools
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.azure_devops.organisation import Call
from shared.connections.defaults import Creates, Defaults
from shared.errors import NotFoundError, RefusedError, ThrottledError, TransientError, UnknownError
from shared.links.models import LinkState
from shared.storage import tables
from shared.storage.tables import Operation, RowChangedError
from shared.telemetry.invocations import invocation
from shared.tickets.holds.shares import Shares
from shared.tickets.item_content import work_item_fields
from shared.tickets.item_content.work_item_fields import hyperlink
from shared.tickets.lanes.leases import LeaseLostError
from shared.tickets.life import plan as life
from shared.tickets.life.attempts import new_nonce
from shared.tickets.life.transitions import leaving, to_unlink
from shared.tickets.rows import keys
from shared.tickets.rows.records import Attempt, Hold, Sending, Ticket, WorkItemRef
from shared.tickets.vulnerabilities import origins
from shared.tickets.work import changing, work
from shared.tickets.work.healing import ALERT
from shared.tickets.work.lane import Lane
from shared.tickets.work.resolving import Resolver
from shared.tickets.work_items.look_ups import Found
from tests.unit.small_lane import ASSET, LANE, US, SmallLane, key_of, names

BAD, GOOD, OTHER = names()[:3]


@pytest.fixture
def lane() -> SmallLane:
    return SmallLane()


def opened(lane: SmallLane, *given: str) -> None:
    """Tickets with a work item each."""
    for name in given:
        lane.send(name)
    lane.run()
    assert len(lane.organisation.items) == len(given)
    lane.organisation.calls.clear()


def number(lane: SmallLane, name: str) -> int:
    return lane.ticket(name).work_item.id


class TestOneTicketsTrouble:
    def test_a_text_that_cannot_be_written_keeps_no_neighbour(
        self, lane: SmallLane, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write = work_item_fields.desired

        def desired(members: Any, *given: Any, **more: Any) -> Any:
            if members[0].id == BAD:
                raise RecursionError
            return write(members, *given, **more)

        monkeypatch.setattr(work, "desired", desired)
        lane.send(BAD)
        lane.send(GOOD)

        lane.run()

        assert lane.organisation.titled() == [f"Finding {GOOD}"]
        assert lane.waits(BAD)
        assert lane.pending(GOOD) is None

    @pytest.mark.parametrize("step", ["stamp", "result"])
    def test_a_row_that_is_too_large_keeps_no_neighbour(
        self, lane: SmallLane, monkeypatch: pytest.MonkeyPatch, step: str
    ) -> None:
        transact = lane.table.transact

        def refusing(partition: str, operations: list[Operation]) -> list[str]:
            for operation in operations:
                is_result = '"id": 0' not in str(operation.values.get("work_item"))
                if operation.key == keys.ticket_row(key_of(BAD)) and is_result == (step == "result"):
                    raise ValueError("the row is over 1 MiB")
            return transact(partition, operations)

        monkeypatch.setattr(lane.table, "transact", refusing)
        for name in (BAD, GOOD, OTHER):
            lane.send(name)

        lane.run()

        assert (lane.pending(GOOD), lane.pending(OTHER)) == (None, None)
        assert {f"Finding {GOOD}", f"Finding {OTHER}"} <= set(lane.organisation.titled())
        assert lane.waits(BAD)

    def test_a_refusal_of_one_item_fails_that_ticket(self, lane: SmallLane) -> None:
        opened(lane, BAD, GOOD)
        lost = replace(lane.ticket(BAD), sending=Sending(1, {}, {}, [True]))
        lane.put(BAD, lost)
        bad = number(lane, BAD)
        item = lane.organisation.items[bad]
        lane.organisation.items[bad] = replace(item, revision=4)

        def refuse(call: Call[Any]) -> None:
            if call.path.endswith(f"{bad}/revisions"):
                raise NotFoundError("no such revision")

        lane.organisation.refuse = refuse
        lane.send(BAD, title="Newer")
        lane.send(GOOD, title="Newer")

        lane.run()

        failure = lane.ticket(BAD).failure
        assert failure
        assert failure.message == "no such revision"
        assert lane.ticket(GOOD).failure is None
        assert lane.organisation.items[number(lane, GOOD)].fields["System.Title"] == "Newer"

    def test_a_defect_in_one_change_keeps_no_neighbour(self, lane: SmallLane, monkeypatch: pytest.MonkeyPatch) -> None:
        opened(lane, BAD, GOOD)
        decide, bad = life.plan, number(lane, BAD)

        def plan(desired: Any, ticket: Ticket, *given: Any) -> Any:
            if ticket.work_item.id == bad:
                raise ZeroDivisionError
            return decide(desired, ticket, *given)

        monkeypatch.setattr(changing, "plan", plan)
        lane.send(BAD, title="Newer")
        lane.send(GOOD, title="Newer")

        lane.run()

        assert lane.organisation.items[number(lane, GOOD)].fields["System.Title"] == "Newer"
        assert lane.waits(BAD)

    def test_a_defect_in_a_whole_part_puts_its_tickets_off(
        self, lane: SmallLane, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened(lane, BAD)

        def run(_: Any, jobs: Any) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(changing.Changer, "run", run)
        lane.send(BAD, title="Newer")
        lane.send(GOOD)

        lane.run()

        assert lane.waits(BAD)
        assert lane.pending(GOOD) is None

    @pytest.mark.parametrize("error", [LeaseLostError("gone"), ThrottledError("slowly", retry_after=60)])
    def test_what_concerns_all_ends_the_round(
        self, lane: SmallLane, monkeypatch: pytest.MonkeyPatch, error: TransientError
    ) -> None:
        opened(lane, BAD, GOOD)

        def plan(*_: Any) -> Any:
            raise error

        monkeypatch.setattr(changing, "plan", plan)
        lane.send(BAD, title="Newer")
        lane.send(GOOD, title="Newer")

        lane.run()

        assert [call for call in lane.organisation.calls if call.startswith("PATCH")] == []
        assert not lane.waits(BAD)
        assert not lane.waits(GOOD)


class TestSettings:
    def test_a_lane_at_work_goes_on_with_what_is_saved_meanwhile(
        self, lane: SmallLane, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(work, "_ROUND", 1)

        def save(call: Call[Any]) -> None:
            if call.path.endswith("$Issue"):
                lane.connection = replace(lane.connection, defaults=Defaults(redacted=True), etag="2")

        lane.organisation.refuse = save
        lane.send(BAD)
        lane.send(GOOD)

        lane.run()

        first, second = sorted(lane.organisation.items.values(), key=lambda item: item.id)
        assert "Finding" in first.fields["System.Title"]
        assert "Finding" not in second.fields["System.Title"]

    @pytest.mark.parametrize("saved", ["connection", "link", "nothing"])
    def test_what_is_held_by_a_filter_that_was_just_changed_is_looked_at_again(
        self, lane: SmallLane, monkeypatch: pytest.MonkeyPatch, saved: str
    ) -> None:
        lane.connection = replace(lane.connection, defaults=Defaults(creates=Creates(minimum_severity="critical")))
        transact, held = lane.table.transact, list[bool]()

        def saving(partition: str, operations: list[Operation]) -> list[str]:
            """Somebody saves, and finds no ticket that is held yet, right before the first one is."""
            if any(operation.values.get("held") == Hold.FILTER for operation in operations) and not held:
                held.append(True)
                if saved == "connection":
                    lane.connection = replace(lane.connection, defaults=Defaults(), etag="2")
                elif saved == "link":
                    own = lane.link.own.model_copy(update={"creates": Creates()})
                    lane.link = replace(lane.link, own=own, etag="2")
            return transact(partition, operations)

        monkeypatch.setattr(lane.table, "transact", saving)
        lane.send(GOOD)

        lane.run()

        assert lane.pending(GOOD) is None
        assert len(lane.organisation.items) == (saved != "nothing")


def test_each_update_belongs_to_the_trace_of_its_own_cause(lane: SmallLane) -> None:
    for number, name in enumerate((GOOD, OTHER), start=1):
        with invocation("create_ticket", f"00-{number:032x}-{number:016x}-01"):
            lane.send(name)

    with invocation("work", f"00-{9:032x}-{9:016x}-01"):
        lane.run()

    told = [json.loads(message) for message in lane.updates.sent]
    traces = {one["current"]["vulnerabilities"][0]: int(one["traceparent"].split("-")[1], 16) for one in told}
    assert traces == {GOOD: 1, OTHER: 2}


class TestShares:
    """A worker that loses its lane wastes nothing of the day's share but what may have been made with it."""

    @pytest.fixture
    def lane(self) -> SmallLane:
        capped = SmallLane()
        capped.connection = replace(capped.connection, defaults=Defaults(creates_per_day=5))
        capped.send(GOOD)
        return capped

    def used(self, lane: SmallLane) -> int:
        return Shares(lane.table)._used(lane.table.get("shares", ASSET))[1]  # type: ignore[arg-type]

    def lost(self, *_: Any) -> None:
        raise LeaseLostError("The lane has another worker now.")

    def test_what_was_made_is_taken(self, lane: SmallLane) -> None:
        lane.run()

        assert self.used(lane) == 1

    def test_lost_before_anything_was_sent(self, lane: SmallLane, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Lane, "stamp", self.lost)

        lane.run()

        assert (lane.organisation.items, self.used(lane)) == ({}, 0)

    @pytest.mark.parametrize(
        ("refusal", "used"), [(None, 1), (UnknownError("cut off"), 1), (TransientError("not reached"), 0)]
    )
    def test_lost_after_it_was_sent(
        self, lane: SmallLane, monkeypatch: pytest.MonkeyPatch, refusal: Exception | None, used: int
    ) -> None:
        def refuse(call: Call[Any]) -> None:
            if refusal and call.path.endswith("$Issue"):
                raise refusal

        write = Lane.write

        def lost(self: Lane, changes: Any) -> None:
            if any(call.endswith("$Issue") for call in lane.organisation.calls):
                raise LeaseLostError("The lane has another worker now.")
            write(self, changes)

        lane.organisation.refuse = refuse
        monkeypatch.setattr(Lane, "write", lost)

        lane.run()

        assert self.used(lane) == used

    def test_a_defect_after_it_was_sent_gives_nothing_back(
        self, lane: SmallLane, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        send = Lane.send

        def broken(self: Lane, calls: Any) -> Any:
            send(self, calls)
            raise ZeroDivisionError

        monkeypatch.setattr(Lane, "send", broken)

        lane.run()

        assert (len(lane.organisation.items), self.used(lane)) == (1, 1)


class TestTime:
    def test_files_are_uploaded_right_before_their_own_patch(self, lane: SmallLane) -> None:
        opened(lane, BAD, GOOD, OTHER)
        file = [{"name": "proof.txt", "content": "x"}]
        lane.send(BAD, description="Newer", attachments=file)
        lane.send(GOOD, description="Newer", attachments=file)
        lane.send(OTHER, description="Newer")

        lane.run()

        asked = [call.split()[0] for call in lane.organisation.calls if "workitemsbatch" not in call]
        assert asked == ["PATCH", "POST", "PATCH", "POST", "PATCH"]

    def test_uploads_that_take_long_keep_the_lease(self, lane: SmallLane) -> None:
        opened(lane, GOOD)
        written: list[Any] = []

        def slow(call: Call[Any]) -> None:
            if call.path.endswith("attachments"):
                written.append(lane.table.rows[keys.lease_row(LANE)].etag)
                lane.monotonic += 90

        lane.organisation.refuse = slow
        files = [{"name": f"{n}.txt", "content": "x"} for n in range(6)]
        lane.send(GOOD, description="Newer", attachments=files)

        lane.run()

        assert len(set(written)) == 6
        assert lane.organisation.items[number(lane, GOOD)].revision == 2

    def test_texts_that_take_long_are_left_for_the_next_round(
        self, lane: SmallLane, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write, rounds = work_item_fields.desired, list[int]()
        carry_out = work.Work._carry_out

        def desired(*given: Any, **more: Any) -> Any:
            lane.monotonic += lane.tools.times.planning + 1
            return write(*given, **more)

        def counted(self: Any, lane_: Any, run: Any, jobs: Any, **more: Any) -> None:
            rounds.append(len(jobs))
            carry_out(self, lane_, run, jobs, **more)

        monkeypatch.setattr(work, "desired", desired)
        monkeypatch.setattr(work.Work, "_carry_out", counted)
        lane.send(GOOD)
        lane.send(OTHER)

        for _ in range(2):
            lane.run()

        assert rounds == [1, 1]
        assert len(lane.organisation.items) == 2


class TestNowhere:
    """A work item that is neither in its project nor in the recycle bin."""

    def rounds(self, lane: SmallLane, count: int) -> None:
        for _ in range(count):
            lane.table.at += timedelta(hours=1)
            lane.run()

    def vanish(self, lane: SmallLane) -> None:
        def refuse(call: Call[Any]) -> None:
            if "recyclebin" in call.path:
                raise NotFoundError("TF401232")

        lane.organisation.items, lane.organisation.refuse = {}, refuse

    def test_is_told_after_some_tries_and_found_when_it_is_back(self, lane: SmallLane) -> None:
        opened(lane, GOOD)
        there = lane.organisation.items
        self.vanish(lane)
        lane.send(GOOD, title="newer")

        self.rounds(lane, 3)
        assert lane.ticket(GOOD).failure is None
        self.rounds(lane, 3)
        failure = lane.ticket(GOOD).failure
        assert failure
        assert "neither in its project nor in the recycle bin" in failure.message
        assert [update["change"] for update in map(json.loads, lane.updates.sent)] == ["created", "failed"]

        lane.organisation.items = there
        self.rounds(lane, 1)
        assert lane.organisation.titled() == ["newer"]
        assert (lane.ticket(GOOD).failure, lane.pending(GOOD)) == (None, None)

    def test_is_not_looked_for_without_end(self, lane: SmallLane) -> None:
        opened(lane, GOOD)
        self.vanish(lane)
        lane.send(GOOD, title="newer")

        self.rounds(lane, 60)

        assert lane.ticket(GOOD).failure
        assert lane.pending(GOOD) is None

    def test_does_not_keep_its_ticket_from_leaving(self, lane: SmallLane) -> None:
        opened(lane, GOOD)
        self.vanish(lane)
        lane.put(GOOD, leaving(lane.ticket(GOOD), "It moved."))
        lane.due(GOOD)

        self.rounds(lane, 5)

        assert (lane.ticket(GOOD).detached, lane.pending(GOOD)) == ("moved", None)

    def test_does_not_keep_its_import_from_being_taken_back(self, lane: SmallLane) -> None:
        opened(lane, GOOD)
        self.vanish(lane)
        row = keys.snapshot_of(key_of(GOOD))
        lane.table.write("c", tables.merge(row, origins.WITHDRAWN, tables.ANY))
        lane.due(GOOD)

        self.rounds(lane, 4)

        assert origins.why_left(lane.table.rows[row]) == "unknown"


def test_whoever_waits_for_hours_is_told_of_once(lane: SmallLane) -> None:
    opened(lane, GOOD)

    def refuse(call: Call[Any]) -> None:
        if call.method == "PATCH":
            raise UnknownError("500")

    lane.organisation.refuse = refuse
    lane.send(GOOD, title="newer")
    for _ in range(20):
        lane.table.at += timedelta(hours=1)
        lane.run()

    told = [(kind, subject) for kind, subject, _ in lane.alerts.sent]
    assert told == [("ticket_stuck", keys.public_id("c", key_of(GOOD)))]
    assert lane.waits(GOOD)


@pytest.mark.parametrize("saved", [True, False])
def test_a_link_that_is_enabled_while_its_ticket_is_put_off(
    lane: SmallLane, monkeypatch: pytest.MonkeyPatch, saved: bool
) -> None:
    lane.link = replace(lane.link, enabled=False)
    transact = lane.table.transact

    def saving(partition: str, operations: list[Operation]) -> list[str]:
        """Somebody enables it, and finds no ticket that waits yet, right before the first one does."""
        if saved and operations[0].key.startswith("p|") and operations[0].kind == "merge":
            lane.link = replace(lane.link, enabled=True, etag="2")
        return transact(partition, operations)

    monkeypatch.setattr(lane.table, "transact", saving)
    lane.send(GOOD)

    lane.run()

    assert len(lane.organisation.items) == saved
    assert lane.waits(GOOD) != saved


def test_rows_that_are_in_the_way_of_one_ticket_keep_no_neighbour(
    lane: SmallLane, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact = lane.table.transact

    def blocked(partition: str, operations: list[Operation]) -> list[str]:
        for index, operation in enumerate(operations):
            if operation.key.startswith(f"h|{key_of(BAD)}"):
                raise RowChangedError(index)
        return transact(partition, operations)

    monkeypatch.setattr(lane.table, "transact", blocked)
    lane.send(BAD)
    lane.send(GOOD)

    lane.run()

    assert lane.ticket(GOOD).work_item.id
    assert lane.waits(BAD)


class TestAdopted:
    """Tickets whose work items are known and of which no snapshot came yet."""

    ITEM = WorkItemRef(id=1, project="P", revision=1, type="Issue", state="To Do", category="Proposed")

    def adopt(self, lane: SmallLane, ticket: Ticket) -> None:
        opened(lane, GOOD)
        for key in [key for key in lane.table.rows if key.startswith("v|")]:
            del lane.table.rows[key]
        known = lane.ticket(GOOD)
        lane.put(GOOD, replace(ticket, nonce=known.nonce, history=known.history))
        lane.due(GOOD)

    def test_unlinking_is_done(self, lane: SmallLane) -> None:
        self.adopt(lane, to_unlink(Ticket("application", "shop", work_item=self.ITEM)))

        lane.run()

        assert lane.ticket(GOOD).detached == "parted"
        assert lane.organisation.items[1].fields["System.State"] == "To Do"
        assert lane.pending(GOOD) is None

    def test_leaving_closes_the_item(self, lane: SmallLane) -> None:
        self.adopt(lane, leaving(Ticket("application", "shop", work_item=self.ITEM), "It moved."))

        lane.run()

        assert lane.organisation.items[1].fields["System.State"] == "Done"
        assert lane.ticket(GOOD).detached == "moved"

    def test_a_duplicate_goes_and_the_item_stays_as_it_is(self, lane: SmallLane) -> None:
        self.adopt(lane, Ticket("application", "shop", work_item=self.ITEM, duplicates={70: 1}))

        lane.run()

        assert lane.ticket(GOOD).duplicates == {}
        assert lane.organisation.items[1].fields["System.State"] == "To Do"
        assert (lane.ticket(GOOD).open, lane.pending(GOOD)) == (True, None)

    def test_nothing_is_done_for_one_of_an_unknown_asset(self, lane: SmallLane) -> None:
        self.adopt(lane, to_unlink(Ticket("", "", work_item=self.ITEM)))

        lane.run()

        assert lane.ticket(GOOD).unlinking
        assert lane.waits(GOOD)

    def test_without_a_wish_it_waits_for_its_snapshot(self, lane: SmallLane) -> None:
        self.adopt(lane, Ticket("application", "shop", work_item=self.ITEM))
        lane.organisation.calls.clear()

        lane.run()

        assert (lane.pending(GOOD), lane.organisation.calls) == (None, [])

    def test_one_whose_link_is_being_deleted_is_detached_and_still_open(self, lane: SmallLane) -> None:
        self.adopt(lane, to_unlink(Ticket("application", "shop", work_item=self.ITEM)))
        lane.link = replace(lane.link, state=LinkState.DELETING)

        lane.run()

        assert (lane.ticket(GOOD).detached, lane.ticket(GOOD).open) == ("unlinked", True)


class TestAttempts:
    def looked(self, lane: SmallLane, monkeypatch: pytest.MonkeyPatch, *, generation: int, mark: int) -> None:
        """An attempt without a result, and one item that carries the ticket with the mark of a generation."""
        at = lane.table.at - timedelta(hours=1)
        attempt = Attempt(new_nonce(generation), at, "P", looked_at=at + timedelta(minutes=30))
        lane.send(GOOD)
        lane.put(GOOD, Ticket("application", "shop", generation=generation, attempt=attempt))
        url = hyperlink("https://bridge.example", keys.public_id("c", key_of(GOOD)), new_nonce(mark))
        item = lane.organisation.put(1, [{"op": "add", "path": "/relations/-", "value": {"url": url}}])
        found = Found(item, keys.public_id("c", key_of(GOOD)), new_nonce(mark), deleted=False)
        monkeypatch.setattr(Resolver, "_look", lambda *_: {found.ticket: [found]})
        looks = itertools.count()
        monkeypatch.setattr(lane.organisation, "refuse", lambda _: next(looks) < 20 or pytest.fail("asks on and on"))
        lane.run()

    @pytest.mark.parametrize("generation", [1, 255, 256, 70_000])
    def test_an_item_of_this_generation_is_adopted(
        self, lane: SmallLane, monkeypatch: pytest.MonkeyPatch, generation: int
    ) -> None:
        self.looked(lane, monkeypatch, generation=generation, mark=generation)

        assert number(lane, GOOD) == 1

    @pytest.mark.parametrize("generation", [1, 256])
    def test_an_item_of_an_earlier_one_is_no_answer_and_a_new_one_is_made(
        self, lane: SmallLane, monkeypatch: pytest.MonkeyPatch, generation: int
    ) -> None:
        self.looked(lane, monkeypatch, generation=generation, mark=generation - 1)

        assert number(lane, GOOD) == 2
        assert lane.ticket(GOOD).duplicates == {}


@pytest.mark.parametrize("refused", [RefusedError("TF401320"), NotFoundError("gone")])
def test_a_duplicate_that_takes_no_word_is_alerted_and_its_ticket_goes_on(lane: SmallLane, refused: Exception) -> None:
    opened(lane, GOOD, OTHER)
    copy = replace(lane.organisation.items[number(lane, OTHER)], id=70, revision=4)
    lane.organisation.items[70] = copy

    def refuse(call: Call[Any]) -> None:
        if call.path.endswith("/70"):
            raise refused

    lane.organisation.refuse = refuse
    lane.put(GOOD, replace(lane.ticket(GOOD), duplicates={70: 1}))
    lane.send(GOOD, title="Newer")

    lane.run()

    assert lane.ticket(GOOD).duplicates == {}
    assert [alert[0] for alert in lane.alerts.sent] == [ALERT]
    assert lane.organisation.items[number(lane, GOOD)].fields["System.Title"] == "Newer"


def test_an_alert_that_is_not_taken_is_sent_again(lane: SmallLane, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(lane, GOOD, OTHER)
    lane.organisation.items[70] = replace(lane.organisation.items[number(lane, OTHER)], id=70, revision=4)
    lane.put(GOOD, replace(lane.ticket(GOOD), duplicates={70: 1}))
    lane.due(GOOD)
    with monkeypatch.context() as patch:
        patch.setattr(lane.alerts, "send", _not_now)
        lane.run()
    assert lane.ticket(GOOD).duplicates == {70: 1}
    assert lane.waits(GOOD)

    lane.due(GOOD)
    lane.run()

    assert [alert[0] for alert in lane.alerts.sent] == [ALERT]
    assert lane.organisation.items[70].fields["System.Tags"] == "Phoenix_Security_Duplicate"
    assert lane.ticket(GOOD).duplicates == {}


def _not_now(*_: Any, **__: Any) -> None:
    raise TransientError("The queue did not answer.")


class TestDuplicatesThatMayNotBeRemoved:
    """A duplicate that nobody has touched, whose deletion is answered with an error."""

    def refusing(self, lane: SmallLane, error: Exception, times: float) -> list[int]:
        """One ticket with a duplicate; returns the list to which each refusal is added."""
        opened(lane, GOOD, OTHER)
        created = {**lane.organisation.items[number(lane, OTHER)].fields, "System.CreatedBy": US}
        lane.organisation.items[70] = replace(
            lane.organisation.items[number(lane, OTHER)], id=70, revision=1, fields=created
        )
        lane.put(GOOD, replace(lane.ticket(GOOD), duplicates={70: 1}))
        lane.due(GOOD)
        refused: list[int] = []

        def refuse(call: Call[Any]) -> None:
            if call.method == "DELETE" and len(refused) < times:
                refused.append(1)
                raise error

        lane.organisation.refuse = refuse
        return refused

    def again(self, lane: SmallLane) -> None:
        """Let as much time pass as the ticket waits, and work on it."""
        lane.run()
        lane.table.at += timedelta(hours=1)

    @pytest.mark.parametrize("error", [RefusedError("TF26071"), NotFoundError("gone")])
    def test_an_error_that_passes_leaves_nothing(self, lane: SmallLane, error: Exception) -> None:
        refused = self.refusing(lane, error, times=3)

        for _ in range(4):
            self.again(lane)

        assert len(refused) == 3
        assert 70 not in lane.organisation.items
        assert lane.ticket(GOOD).duplicates == {}
        assert lane.alerts.sent == []

    def test_a_refusal_that_stays_is_told_once(self, lane: SmallLane) -> None:
        refused = self.refusing(lane, RefusedError("TF401320"), times=float("inf"))

        for _ in range(12):
            self.again(lane)

        assert [alert[0] for alert in lane.alerts.sent] == [ALERT]
        assert lane.organisation.items[70].fields["System.Tags"] == "Phoenix_Security_Duplicate"
        assert lane.ticket(GOOD).duplicates == {}
        assert 3 < len(refused) < 12

    def test_what_somebody_else_removed_meanwhile_is_gone(self, lane: SmallLane) -> None:
        self.refusing(lane, NotFoundError("gone"), times=1)
        refuse = lane.organisation.refuse

        def vanish(call: Call[Any]) -> None:
            if call.method == "DELETE":
                lane.organisation.items.pop(70)
            refuse(call)

        lane.organisation.refuse = vanish

        self.again(lane)

        assert lane.ticket(GOOD).duplicates == {}
        assert not lane.waits(GOOD)

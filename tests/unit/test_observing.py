"""What becomes of an event: taken in, known already, put back, or left to the queue."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from shared.azure_devops.updates import MOST, Update
from shared.azure_devops.work_items import WorkItem
from shared.errors import RejectedRequestError
from shared.storage.queues import MAX_MESSAGE_BYTES
from shared.storage.tables import Row
from shared.tickets.life.patches import told
from shared.tickets.observing.hook_events import HookEvent, read_message
from shared.tickets.observing.observe import Observe
from shared.tickets.observing.overheard import Overheard
from shared.tickets.rows.records import MOVED, Sending, Ticket, WorkItemRef
from shared.tickets.rows.ticket_rows import read_ticket, ticket_values
from shared.tickets.upkeep.reconcile import Reconcile
from shared.times import Times

EVENT = HookEvent("contoso", "updated", 7, 2, "Web Shop", "Ada", "Issue", "Doing", "", "", told=False)
CONNECTION: Any = SimpleNamespace(name="contoso", tag="t", identity="us", may_write=True)
NOW = datetime(2026, 11, 21, tzinfo=UTC)
ITEM = WorkItemRef(7, "u", "Web Shop", 5, "Issue", "To Do", "Proposed")
TICKET = Ticket(
    "application", "shop", created_at=NOW, changed_at=NOW, work_item=ITEM, comments_since=1, comments_seen=5
)
SENT = replace(TICKET, sending=Sending(5, {"System.Title": ["x"]}, {}, [True]))
"""A patch of ours, whose answer is not known, may have made revision 6."""


class Events:
    """The queue of events."""

    def __init__(self) -> None:
        self.sent: list[tuple[HookEvent, float]] = []

    def send(self, message: dict[str, Any], *, delay: float = 0) -> None:
        assert len(str(message).encode()) <= MAX_MESSAGE_BYTES
        self.sent.append((read_message(message), delay))


def observe(**parts: Any) -> tuple[Observe, Events]:
    """A use case of which only `parts` are there."""
    names = Observe.__dataclass_fields__
    events = Events()
    there: dict[str, Any] = {"connections": SimpleNamespace(find=lambda _: CONNECTION), "times": Times(), **parts}
    return Observe(**{**dict.fromkeys(names), "events": events, **there}), events


def raising(error: Exception) -> Any:
    def raise_it(*_: object) -> None:
        raise error

    return SimpleNamespace(get=raise_it)


def test_a_request_that_is_refused_is_tried_again_later() -> None:
    observing, events = observe(table=raising(RejectedRequestError("no")))

    observing.event(EVENT)

    assert events.sent == [(replace(EVENT, faults=1), Times().retry)]


def test_what_nobody_foresaw_ends_no_reading_but_goes_to_the_queue_that_keeps_count(
    caplog: pytest.LogCaptureFixture,
) -> None:
    table = raising(KeyError("kind"))
    table.range = lambda *_, **__: iter([Row("contoso", "w|000000000007", {"ticket": "k"}, "e", NOW)])
    observing, events = observe(table=table)

    observing.read(CONNECTION, [EVENT])

    assert events.sent == [(EVENT, 0)]
    assert "event not taken in" in caplog.text
    with pytest.raises(KeyError):
        observing.event(EVENT)


@pytest.mark.parametrize(("numbers", "questions"), [((7,), 1), (range(1, 201), 1), ((1, 1_000, 1_001, 9_000), 3)])
def test_whose_many_items_are_is_asked_for_at_once(numbers: Iterable[int], questions: int) -> None:
    asked: list[tuple[str, str]] = []
    owners = {f"w|{number:012}": f"k{number}" for number in numbers}
    read: list[str] = []

    def between(_: str, start: str, stop: str, **__: Any) -> Iterator[Row]:
        asked.append((start, stop))
        found = (key for key in owners if start <= key < stop)
        return (Row("contoso", key, {"ticket": owners[key]}, "e", NOW) for key in found)

    table = SimpleNamespace(range=between, get=lambda _, key: read.append(key))
    observing, events = observe(table=table)

    observing.read(CONNECTION, [replace(EVENT, work_item=number) for number in numbers])

    assert len(asked) == questions
    assert sorted(read) == sorted(f"t|k{number}" for number in numbers)
    assert events.sent == []  # they are nobody's: without a tag of ours


def test_a_project_that_cannot_be_read_keeps_no_other_one_from_being_read() -> None:
    tried: list[str] = []

    class Reading(Reconcile):
        def _project(self, _c: Any, _o: Any, project: str, _end: float) -> bool:
            tried.append(project)
            if project == "p1":
                raise ValueError("nobody foresaw this")
            return True

    links: Any = SimpleNamespace(projects=lambda _: {"p1": "One", "p2": "Two"})
    organisations: Any = SimpleNamespace(of=lambda _: SimpleNamespace(reached=False))
    nothing: Any = None

    with pytest.raises(ValueError, match="nobody foresaw"):
        Reading(nothing, links, organisations, nothing, nothing, Times())(CONNECTION, seconds=5)

    assert tried == ["p1", "p2"]


class Memory:
    """The table and the journal of one ticket; `told` are the comments that somebody hears of."""

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket
        self.told: list[int] = []
        self.table = self

    def get(self, _partition: str, key: str) -> Row:
        values = ticket_values(self.ticket) if key.startswith("t|") else {"ticket": "k"}
        return Row("contoso", key, values, "e", NOW)

    def write(self, _connection: str, changes: Any) -> list[Any]:
        for change in changes:
            if change.comment and change.comment.is_news_to(self.ticket):
                self.told.append(change.comment.revision)
            self.ticket = change.apply(self.ticket)
        return []


UNSENT: Any = SimpleNamespace(send_all=lambda *_: None)


def heard(memory: Memory, *updates: Update) -> bool:
    """Listen to an item that has these updates, beginning after as many as are skipped."""
    overheard = Overheard(memory, UNSENT)  # type: ignore[arg-type]
    row = memory.get("", "t|k")
    organisation: Any = SimpleNamespace(do=lambda call: list(updates)[int(call.query["$skip"]) :][:MOST])
    return overheard(organisation, "contoso", read_ticket(row))


def said(*revisions: int) -> list[Update]:
    """Updates up to a revision; of the named ones each says something."""
    return [Update(number, "Ada", f"<p>{number}</p>" * (number in revisions), "") for number in range(1, 8)]


class TestOverhearing:
    def test_a_comment_is_left_until_it_is_known_whose_it_is_and_then_told(self) -> None:
        memory = Memory(SENT)

        assert not heard(memory, *said(6, 7))
        assert (memory.told, memory.ticket.comments_seen) == ([], 5)

        fields = {"System.State": "To Do", "System.WorkItemType": "Issue", "System.Title": "Ada's"}
        after = WorkItem(7, 6, "Web Shop", fields, (), "u")
        memory.ticket = told(memory.ticket, after, is_closed=False, by_us=False)
        assert heard(memory, *said(6, 7))
        assert (memory.told, memory.ticket.comments_seen) == ([6, 7], 7)

    def test_what_comes_before_is_told_at_once(self) -> None:
        memory = Memory(replace(SENT, comments_seen=3))

        assert not heard(memory, *said(4, 6, 7))

        assert (memory.told, memory.ticket.comments_seen) == ([4], 5)

    def test_a_patch_that_was_sent_after_the_ticket_was_read_is_known(self) -> None:
        memory = Memory(SENT)
        overheard = Overheard(memory, UNSENT)  # type: ignore[arg-type]
        organisation: Any = SimpleNamespace(do=lambda _: said(6)[5:])
        before = replace(read_ticket(memory.get("", "t|k")), ticket=TICKET)

        assert not overheard(organisation, "contoso", before)
        assert memory.told == []

    def test_more_than_one_page_is_read(self) -> None:
        memory = Memory(replace(TICKET, comments_seen=1))
        updates = [Update(number, "Ada", "<p>x</p>" * (number == MOST + 9), "") for number in range(1, MOST + 20)]

        assert heard(memory, *updates)

        assert (memory.told, memory.ticket.comments_seen) == ([MOST + 9], MOST + 19)


def looked(ticket: Ticket, event: HookEvent, **more: Any) -> tuple[Memory, list[int], list[int]]:
    """What became of an event: the ticket, the delays with which it was put back, and the faults that were counted.

    Whoever reads the item finds it nowhere.
    """
    memory = Memory(ticket)
    nowhere = SimpleNamespace(url="u", do=lambda call: {} if "workitemsbatch" in call.path.casefold() else [])
    link = SimpleNamespace(enabled=more.get("link_enabled", True))
    observing, events = observe(
        table=memory,
        journal=memory,
        outbox=UNSENT,
        hearing=SimpleNamespace(heard=lambda *_: None, missed=lambda *_: None),
        health=SimpleNamespace(of=lambda _: SimpleNamespace(paused_for=0.0)),
        organisations=SimpleNamespace(of=lambda _: nowhere),
        wake_ups=SimpleNamespace(send=lambda *_: None),
        overheard=lambda *_: more.get("is_heard", True),
        categories=SimpleNamespace(category=lambda *_: "Proposed"),
        connections=SimpleNamespace(find=lambda _: SimpleNamespace(**{**vars(CONNECTION), **more.get("now", {})})),
        links=SimpleNamespace(find=lambda *_: SimpleNamespace(at=lambda _: link) if more.get("linked", True) else None),
    )
    observing.event(event)
    return memory, [event.faults for event, _ in events.sent], [int(delay) for _, delay in events.sent]


DELETED = replace(TICKET, work_item=replace(ITEM, deleted=True, revision=9))


class TestWhatIsKnown:
    @pytest.mark.parametrize(
        ("change", "revision"), [("updated", 5), ("updated", 9), ("deleted", 9), ("deleted", 8), ("restored", 7)]
    )
    def test_what_is_older_than_the_deletion_needs_no_item_to_be_there(self, change: str, revision: int) -> None:
        memory, faults, _ = looked(DELETED, replace(EVENT, change=change, revision=revision, told=True))

        assert faults == []
        assert memory.ticket.work_item == DELETED.work_item

    @pytest.mark.parametrize(
        ("ticket", "change", "revision"),
        [
            (DELETED, "updated", 10),
            (DELETED, "deleted", 10),
            (DELETED, "restored", 9),
            (DELETED, "restored", 0),
            (TICKET, "deleted", 5),
            (TICKET, "restored", 6),
        ],
    )
    def test_what_may_be_newer_is_looked_at(self, ticket: Ticket, change: str, revision: int) -> None:
        _, faults, _ = looked(ticket, replace(EVENT, change=change, revision=revision, told=True))

        assert faults == [1]

    def test_a_comment_of_before_a_deletion_is_told_all_the_same(self) -> None:
        memory, faults, _ = looked(DELETED, replace(EVENT, revision=8, comment="Said late", told=True))

        assert (memory.told, faults) == ([8], [])


UNDECIDED = replace(EVENT, revision=6, comment="Whose is it?", told=True)


class TestUndecided:
    def test_a_comment_of_which_a_lane_finds_out_whose_it_is_comes_again(self) -> None:
        memory, faults, delays = looked(SENT, UNDECIDED)

        assert (memory.told, faults, delays) == ([], [1], [30])

    @pytest.mark.parametrize(
        "nobody_works",
        [{"now": {"may_write": False}}, {"link_enabled": False}, {"linked": False}, {"detached": MOVED}],
    )
    @pytest.mark.parametrize("event", [UNDECIDED, replace(EVENT, revision=6)])
    def test_where_no_lane_works_it_waits_for_none(self, nobody_works: dict[str, Any], event: HookEvent) -> None:
        ticket = replace(SENT, detached=nobody_works.get("detached", ""))

        memory, faults, _ = looked(ticket, event, is_heard=False, **nobody_works)

        assert (memory.told, faults) == ([], [])

    def test_what_the_feed_found_waits_likewise(self) -> None:
        assert looked(SENT, replace(EVENT, revision=6), is_heard=False)[1] == [1]
        assert looked(SENT, replace(EVENT, revision=6), is_heard=True)[1] == []


def test_a_work_item_whose_ticket_is_lost_is_one_that_is_not_known() -> None:
    lost = SimpleNamespace(
        get=lambda _, key: None if key.startswith("t|") else Row("contoso", key, {"ticket": "k"}, "", NOW)
    )
    observing, events = observe(table=lost)

    observing.event(replace(EVENT, tags="other; T"))
    observing.event(replace(EVENT, tags="other"))

    assert [(event.waits, event.faults) for event, _ in events.sent] == [(1, 0)]

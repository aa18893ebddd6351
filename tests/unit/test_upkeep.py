"""What is wrong with one ticket keeps no other one from being looked after."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from shared.azure_devops.work_items import WorkItem
from shared.errors import BridgeError, NotFoundError, RefusedError, TransientError
from shared.storage.tables import Row
from shared.tickets.rows.records import Ticket, WorkItemRef
from shared.tickets.rows.ticket_rows import ticket_values
from shared.tickets.upkeep.sweep import AT_ONCE, Sweep
from shared.tickets.upkeep.verification import Report, Verification
from shared.times import Times

NOW = datetime(2026, 11, 21, tzinfo=UTC)
TICKET = Ticket("application", "shop", created_at=NOW, changed_at=NOW)
CONNECTION: Any = SimpleNamespace(name="contoso", may_write=True)
NOTHING: Any = None
PENDING_AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)


def row(number: int, **changes: Any) -> Row:
    item = WorkItemRef(number, "u", "Web Shop", 1, "Issue", "To Do", "Proposed")
    values = ticket_values(replace(TICKET, work_item=item))
    return Row("contoso", f"t|{number}", {**values, **changes}, "e", NOW)


def item(number: int, type_: str) -> WorkItem:
    return WorkItem(number, 2, "Web Shop", {"System.State": "Done", "System.WorkItemType": type_}, (), "u")


def verification(error: BridgeError, *rows: Row) -> tuple[Verification, dict[str, str]]:
    """One that reads all items as done; of an epic's states it hears an error."""
    found = {1: item(1, "Epic"), 2: item(2, "Issue")}
    written: dict[str, str] = {}

    def category(_organisation: Any, _project: str, type_: str, _state: str) -> str:
        if type_ == "Epic":
            raise error
        return "Completed"

    def write(_connection: str, changes: Any) -> list[Any]:
        written.update({change.stored.key: change.apply(change.stored.ticket).work_item.state for change in changes})
        return []

    organisation = SimpleNamespace(do=lambda _: found)
    parts: dict[str, Any] = {
        "table": SimpleNamespace(range=lambda *_, **__: iter(rows)),
        "journal": SimpleNamespace(write=write),
        "outbox": SimpleNamespace(send_all=lambda *_: None),
        "organisations": SimpleNamespace(of=lambda _: organisation),
        "categories": SimpleNamespace(category=category),
        "wake_ups": SimpleNamespace(send=lambda *_: None),
    }
    return Verification(**parts), written


@pytest.mark.parametrize("error", [NotFoundError("no such type"), RefusedError("TF1")])
def test_work_items_are_compared_whatever_is_wrong_with_those_before_them(
    error: BridgeError, caplog: pytest.LogCaptureFixture
) -> None:
    verify, written = verification(error, row(9, work_item="{"), row(1), row(2))
    report = Report()

    verify.some(CONNECTION, report, dry_run=False)

    assert written == {"2": "Done"}
    assert (report.checked, [one["work_item"] for one in report.differences], report.unknown) == (2, [2], [])
    assert {"a row cannot be read", "state not known"} <= {record.message for record in caplog.records}


@pytest.mark.parametrize("error", [NotFoundError("no such project"), RefusedError("TF1")])
def test_a_recycle_bin_that_may_not_be_seen_ends_no_comparison(error: BridgeError) -> None:
    verify, _ = verification(TransientError("not asked"), row(2), row(3))
    ask = verify.organisations.of(CONNECTION).do

    def do(call: Any) -> Any:
        if "recyclebin" in call.path:
            raise error
        return ask(call)

    verify.organisations.of(CONNECTION).do = do  # type: ignore[method-assign]
    report = Report()

    verify.some(CONNECTION, report, dry_run=False)

    assert (report.checked, report.unknown) == (2, [3])


def test_where_nothing_can_be_asked_nothing_goes_on() -> None:
    verify, written = verification(TransientError("not now"), row(1), row(2))

    with pytest.raises(TransientError):
        verify.some(CONNECTION, Report(), dry_run=False)
    assert written == {}


def test_lanes_are_woken_even_if_what_was_left_unsent_cannot_be_sent() -> None:
    woken: list[int] = []

    def send_forgotten(*_: Any, **__: Any) -> None:
        raise ValueError("a message of queue ticket-updates has at most 48 KiB")

    due = Row("contoso", f"p|3|{'a' * 32}", {"due": NOW}, "e", NOW)
    parts: dict[str, Any] = {
        "table": SimpleNamespace(range=lambda *_, **__: iter([due]), clock=SimpleNamespace(now=lambda: NOW)),
        "connections": SimpleNamespace(all=lambda: [CONNECTION]),
        "health": SimpleNamespace(of=lambda _: SimpleNamespace(paused_for=0.0)),
        "wake_ups": SimpleNamespace(send=lambda _, lane: woken.append(lane)),
        "outbox": SimpleNamespace(send_forgotten=send_forgotten),
        "departures": SimpleNamespace(carry_on=lambda: None),
        "take_back": SimpleNamespace(carry_on=lambda: None),
    }

    Sweep(**parts, queue=NOTHING, times=Times())()

    assert len(woken) == 1


def test_connections_that_cannot_be_read_fail_the_timer_and_keep_nothing_else_back() -> None:
    def fail(*_: Any) -> Any:
        raise TransientError("Table Storage did not answer.")

    carried: list[str] = []
    parts: dict[str, Any] = {
        "connections": SimpleNamespace(all=fail),
        "departures": SimpleNamespace(carry_on=fail),
        "take_back": SimpleNamespace(carry_on=lambda: carried.append("imports")),
    }
    nothing = dict.fromkeys(("table", "queue", "health", "wake_ups", "outbox"), NOTHING)

    with pytest.raises(TransientError):
        Sweep(**parts, **nothing, times=Times())()
    assert carried == ["imports"]


def test_beyond_a_thousand_connections_a_message_stands_for_each_further_thousand() -> None:
    """One function may not take as long as all of them: at 40,000, those behind were never swept."""
    every = [SimpleNamespace(name=f"c{number:05}", may_write=True) for number in range(3 * AT_ONCE + 1)]
    swept: list[str] = []
    sent: list[dict[str, Any]] = []
    kept_for: set[int] = set()

    def send(message: dict[str, Any], *, kept: int) -> None:
        sent.append(message)
        kept_for.add(kept)

    parts: dict[str, Any] = {
        "connections": SimpleNamespace(all=lambda after="": (one for one in every if one.name > after)),
        "health": SimpleNamespace(of=lambda _: SimpleNamespace(paused_for=1.0)),
        "outbox": SimpleNamespace(send_forgotten=lambda name, **_: swept.append(name)),
        "departures": SimpleNamespace(carry_on=lambda: None),
        "take_back": SimpleNamespace(carry_on=lambda: None),
        "queue": SimpleNamespace(send=send),
    }
    sweep = Sweep(**parts, table=NOTHING, wake_ups=NOTHING, times=Times())

    sweep()
    by_the_timer = len(swept)
    for message in sent:
        sweep.run(message)

    assert by_the_timer == AT_ONCE
    assert kept_for == {600}
    assert swept == [one.name for one in every]


@pytest.mark.parametrize(
    ("written", "due", "told"),
    [
        (NOW - timedelta(minutes=16), PENDING_AT_ONCE, True),
        (NOW - timedelta(minutes=14), PENDING_AT_ONCE, False),
        (NOW - timedelta(hours=1), NOW - timedelta(minutes=14), False),
    ],
)
def test_a_ticket_that_nobody_works_on_is_told(
    written: datetime, due: datetime, told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    row = Row("contoso", f"p|3|{'a' * 32}", {"due": due}, "e", written)
    table: Any = SimpleNamespace(range=lambda *_, **__: iter([row]), clock=SimpleNamespace(now=lambda: NOW))
    woken = SimpleNamespace(send=lambda *_: None)
    sweep = Sweep(table, NOTHING, NOTHING, NOTHING, woken, NOTHING, NOTHING, NOTHING, Times())  # type: ignore[arg-type]

    sweep.wake("contoso")

    assert [record.message for record in caplog.records if record.message.startswith("overdue: ")] == (
        ["overdue: a ticket of connection contoso has waited for a worker for 960 s"] if told else []
    )

"""During an upgrade two versions run side by side: each reads what the other one stored and sent.

`stored/rows.json` has a row of each kind as its first version wrote it, `stored/messages.json` a message of each kind.
Never change one to make a test pass: tables and queues hold such.
"""

import json
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from shared.connections import store as connections
from shared.links import store as links
from shared.storage.raw_queues import decoded
from shared.storage.tables import Row
from shared.tickets.failed_messages import poisoned
from shared.tickets.failed_messages import records as failed_messages
from shared.tickets.holds.shares import Shares
from shared.tickets.holds.switch import Switch
from shared.tickets.imports import records as imports
from shared.tickets.lanes import pending
from shared.tickets.lanes.health import Health
from shared.tickets.lanes.leases import Leases
from shared.tickets.observing.hearing import Hearing, Silence
from shared.tickets.observing.hook_events import read_message
from shared.tickets.rows.arrivals import first_seen, read_position, read_vulnerability
from shared.tickets.rows.ticket_rows import read_ticket
from shared.tickets.updates.journal import Unsent
from shared.tickets.updates.outbox import Outbox
from shared.tickets.upkeep.counting import Counting
from shared.tickets.upkeep.hook_records import HookRecords
from shared.tickets.upkeep.reconcile import Reconcile
from shared.tickets.upkeep.rights import read_tried
from shared.tickets.vulnerabilities.snapshots import read_snapshot
from shared.times import Times
from shared.tokens import store as tokens
from tests.unit.small_tables import SmallTable

STORED = Path(__file__).parent / "stored"
ROWS: dict[str, Any] = json.loads((STORED / "rows.json").read_text())
MESSAGES: dict[str, Any] = json.loads((STORED / "messages.json").read_text())
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def row(name: str, **more: Any) -> Row:
    stored = ROWS[name]
    values = {key: _value(value) for key, value in stored["values"].items()}
    return Row(stored["partition"], stored["key"], {**values, **more}, "etag", NOW)


def _value(value: Any) -> Any:
    match value:
        case {"at": at}:
            return datetime.fromisoformat(at)
        case {"bytes": content}:
            return content.encode()
        case {"packed": content}:
            return zlib.compress(json.dumps(content).encode())
        case _:
            return value


def of_newer_version(name: str) -> Row:
    """The row as the next version might write it: with more properties, and more in those that are JSON objects."""
    found = row(name)
    more = {key: _with_more(value) for key, value in found.values.items() if isinstance(value, str)}
    return row(name, **more, schema=int(str(found.values["schema"])) + 1, of_a_newer_version="x")


def _with_more(text: str) -> str:
    if not text.startswith(("{", "[{")):
        return text
    value = json.loads(text)
    objects = value if isinstance(value, list) else [value]
    for one in objects:
        # What maps names to values has only names as keys.
        if not all(isinstance(inner, list | int) for inner in one.values()):
            one["of_a_newer_version"] = "x"
        for inner in one.values():
            if isinstance(inner, dict):
                inner["of_a_newer_version"] = "x"
    return json.dumps(value)


def _vulnerability(found: Row) -> Any:
    assert read_position(found).sequence == 4
    assert first_seen(found) == datetime(2026, 1, 1, 10, tzinfo=UTC)
    return read_vulnerability(found)


def _used(found: Row) -> Any:
    table: Any = SmallTable(rows={found.key: found})
    day, used = Shares(table)._used(found)
    return SimpleNamespace(day=day, used=used)


def _pending(found: Row) -> Any:
    return SimpleNamespace(tries=pending.tries(found), asked=pending.is_asked(found))


def _lease(found: Row) -> Any:
    table: Any = SmallTable(rows={found.key: found}, at=NOW)
    return Leases(table, Times()).take("contoso", 3)


def _health(found: Row) -> Any:
    table: Any = SmallTable(rows={found.key: found}, at=NOW)
    return Health(table, Times()).of("contoso")


class EndOfTestError(Exception):
    """Enough was seen."""


def _read_outbox(*rows: Row) -> Unsent:
    table: Any = SmallTable(rows={found.key: found for found in rows})
    nobody: Any = None
    unsent = Outbox(table, nobody)._read("contoso", rows[0].key[2:])
    assert unsent is not None
    return unsent


def _history(found: Row) -> Any:
    messages = _read_outbox(row("outbox"), found).messages
    return SimpleNamespace(sequences=[json.loads(message)["sequence"] for message in messages])


def _feed(found: Row) -> Any:
    """Where the feed is read on from."""
    table: Any = SmallTable(rows={found.key: found}, at=NOW)
    asked: list[Any] = []
    nobody: Any = None
    connection: Any = SimpleNamespace(name="contoso")

    def do(call: Any) -> None:
        asked.append(call)
        raise EndOfTestError

    organisation: Any = SimpleNamespace(do=do)
    with suppress(EndOfTestError):
        Reconcile(table, nobody, nobody, nobody, nobody, Times())._project(connection, organisation, "7", 0.0)
    return SimpleNamespace(token=asked[0].query["continuationToken"])


def _silences(*rows: Row) -> list[Silence]:
    table: Any = SmallTable(rows={found.key: found for found in rows}, at=NOW)
    return Hearing(table, Times()).silences("contoso")


def _missed(found: Row) -> Any:
    silences = _silences(found)
    return SimpleNamespace(projects=[one.project for one in silences], is_new=silences[0].is_new)


def _hook_record(found: Row) -> Any:
    table: Any = SmallTable(rows={found.key: found})
    return HookRecords(table).read("contoso", "Web Shop")


def _switch(found: Row) -> Any:
    table: Any = SmallTable(rows={found.key: found})
    return SimpleNamespace(**Switch(table, Times()).view())


def _counts(found: Row) -> Any:
    table: Any = SmallTable(rows={found.key: found})
    nobody: Any = None
    fresh = replace(Times(), counts_fresh=10 * 86_400.0)
    return SimpleNamespace(**Counting(table, nobody, nobody, nobody, fresh).view())


READERS: Mapping[str, Callable[[Row], Any]] = {
    "connection": connections._connection,
    "link, first version": links._link,
    "link": links._link,
    "ticket, the least": lambda found: read_ticket(found).ticket,
    "ticket": lambda found: read_ticket(found).ticket,
    "vulnerability": _vulnerability,
    "pending": _pending,
    "connection's health": _health,
    "import": lambda found: imports._read(found, undoing=False),
    "failed message": failed_messages.read,
    "managed token": tokens._token,
    "share of a day": _used,
    "lease": _lease,
    "history": _history,
    "outbox": _read_outbox,
    "feed": _feed,
    "hook records": _hook_record,
    "missed": _missed,
    "heard": lambda found: SimpleNamespace(silences=len(_silences(row("missed"), found))),
    "rights": read_tried,
    "switch": _switch,
    "counts": _counts,
}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("make", [row, of_newer_version])
def test_a_row_of_another_version_is_read(name: str, make: Callable[[str], Row]) -> None:
    found = READERS[name](make(name))

    expected = ROWS[name]["read"]
    assert json.loads(json.dumps({key: getattr(found, key) for key in expected}, default=list)) == expected


def test_what_a_link_had_before_is_read_without_what_a_newer_version_says_of_it() -> None:
    (place,) = READERS["link"](of_newer_version("link")).earlier

    assert (place.connection, place.project, place.left) == ("old", "Shop", True)


@pytest.mark.parametrize("more", [{}, {"of_a_newer_version": {"x": 1}}])
def test_an_event_of_another_version_is_read(more: dict[str, Any]) -> None:
    event = read_message({**MESSAGES["service-hook-events"], **more})

    assert (event.work_item, event.comment, event.waits, event.told) == (7, "", 0, True)


@pytest.mark.parametrize("more", [{}, {"of_a_newer_version": {"x": 1}}])
def test_a_request_of_another_version_is_read(more: dict[str, Any]) -> None:
    request = MESSAGES["ticket-requests"]

    assert read_snapshot({**request, **more, "vulnerability": {**request["vulnerability"], **more}}).id == "PHX-1"


@pytest.mark.parametrize("name", [name for name in MESSAGES if name != "ticket-requests"])
def test_no_message_of_ours_is_taken_for_a_strangers(name: str) -> None:
    """Not even on a poison queue, where a stranger's is kept for a person to dismiss."""
    content = json.dumps({**MESSAGES[name], "of_a_newer_version": 1}).encode()

    assert poisoned._unreadable(name.partition(",")[0], decoded(content)) is None


def test_work_that_ends_without_a_result_is_told_whosever_it_is() -> None:
    subjects = {
        name: poisoned._subject_of_work(value) for name, value in MESSAGES.items() if name.startswith("ticket-work")
    }

    assert list(subjects.values()) == [
        *("contoso", "contoso", "web-shop", "contoso", "scanner", "0123456789abcdef" * 2),
        *("contoso", "", "contoso", "", "contoso"),
    ]

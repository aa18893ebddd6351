"""What becomes of work items that the tables do not know."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from shared.azure_devops.work_items import WorkItem
from shared.errors import BridgeError, NotFoundError, RefusedError, TransientError
from shared.storage.tables import Row
from shared.tickets.life.comments import Comment
from shared.tickets.rows.records import Attempt, Ticket
from shared.tickets.rows.ticket_rows import ticket_values
from shared.tickets.work_items.adoption import Adoption

NOW = datetime(2026, 11, 21, tzinfo=UTC)
NONCE = "0123456789abcdef"
KEY = "a" * 32
URL = f"https://bridge.example/api/tickets/contoso.{KEY}?attempt={NONCE}"
FIELDS = {"System.State": "To Do", "System.WorkItemType": "Issue", "System.CreatedDate": "2026-11-20T00:00:00Z"}
ITEM = WorkItem(7, 6, "Web Shop", FIELDS, (URL,), "u")
CONNECTION: Any = SimpleNamespace(name="contoso", tag="t", identity="us")
NEW = Ticket("application", "shop", created_at=NOW, changed_at=NOW)


def do(call: Any) -> Any:
    if call.path.endswith("/wiql"):
        return [7]
    return {7: ITEM} if call.path.endswith("/workitemsbatch") else FIELDS


def adopted(stored: Ticket | None, unknown: BridgeError | None = None) -> Ticket:
    """Return the ticket of which the project has an item, once it was compared."""
    found: list[Ticket] = []
    row = Row("contoso", f"t|{KEY}", ticket_values(stored), "e", NOW) if stored else None

    def category(*_: Any) -> str:
        if unknown:
            raise unknown
        return "Proposed"

    def write(_connection: str, changes: Any) -> list[Any]:
        found.extend(change.apply(change.stored.ticket) for change in changes)
        return []

    parts: dict[str, Any] = {
        "table": SimpleNamespace(get=lambda *_: row, range=lambda *_, **__: iter(())),
        "journal": SimpleNamespace(write=write),
        "outbox": SimpleNamespace(send_all=lambda *_: None),
        "links": SimpleNamespace(reaching=lambda _: []),
        "health": SimpleNamespace(compared=lambda *_: None),
        "categories": SimpleNamespace(category=category),
    }
    organisation: Any = SimpleNamespace(do=do)
    assert Adoption(**parts, epoch=1).project(CONNECTION, organisation, "p1", thorough=False) == 1
    (ticket,) = found
    return ticket


@pytest.mark.parametrize("ticket_is_there", [True, False])
def test_a_row_that_outlived_its_ticket_hides_no_item(ticket_is_there: bool) -> None:
    rows = [Row("contoso", "w|000000000007", {"ticket": KEY}, "e", NOW)]
    rows += [Row("contoso", f"t|{KEY}", {"schema": 1}, "e", NOW)] if ticket_is_there else []

    def between(_: str, start: str, stop: str, **__: Any) -> Iterator[Row]:
        return (row for row in rows if start <= row.key < stop)

    parts: dict[str, Any] = {
        "table": SimpleNamespace(get=lambda *_: None, range=between),
        "journal": SimpleNamespace(write=lambda *_: []),
        "outbox": SimpleNamespace(send_all=lambda *_: None),
        "links": SimpleNamespace(reaching=lambda _: []),
        "health": SimpleNamespace(compared=lambda *_: None),
        "categories": SimpleNamespace(category=lambda *_: "Proposed"),
    }
    organisation: Any = SimpleNamespace(do=do)

    found = Adoption(**parts, epoch=1).project(CONNECTION, organisation, "p1", thorough=False)

    assert found == (0 if ticket_is_there else 1)


def said(revision: int) -> Comment:
    return Comment(7, revision, "Ada", "Hello", "")


@pytest.mark.parametrize("stored", [None, NEW, replace(NEW, attempt=Attempt("f" * 16, NOW, "p1"))])
def test_what_was_said_before_is_old(stored: Ticket | None) -> None:
    """Nobody knows any more what of it was told, or is ours."""
    ticket = adopted(stored)

    assert (ticket.work_item.id, ticket.comments_seen) == (7, 6)
    assert not any(said(revision).is_news_to(ticket) for revision in range(1, 7))
    assert said(7).is_news_to(ticket)


def test_of_an_attempt_that_is_remembered_nothing_was_told_yet() -> None:
    ticket = adopted(replace(NEW, attempt=Attempt(NONCE, NOW, "p1")))

    assert ticket.comments_seen == 1
    assert said(2).is_news_to(ticket)


@pytest.mark.parametrize("error", [NotFoundError("no such type"), RefusedError("TF1")])
def test_an_item_of_a_type_that_cannot_be_looked_at_is_adopted_all_the_same(error: BridgeError) -> None:
    assert (adopted(None, error).work_item.id, adopted(None, error).work_item.category) == (7, "")


def test_where_nobody_answers_nothing_is_adopted() -> None:
    with pytest.raises(TransientError):
        adopted(None, TransientError("not now"))

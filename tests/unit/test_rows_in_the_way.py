"""Rows that cannot be read, were removed by hand, or are too many: none of them stops what others need."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from shared.connections.defaults import Defaults
from shared.connections.models import Connection, ConnectionState
from shared.connections.store import ConnectionStore
from shared.errors import RejectedRequestError
from shared.links.models import Link, LinkRequest, LinkState
from shared.links.save import SaveLink
from shared.storage import tables
from shared.storage.tables import UnreadableRowError
from shared.tickets.imports.records import Imports
from shared.tickets.lanes.health import Health
from shared.times import Times
from tests.unit.small_tables import SmallTable


@pytest.fixture
def table() -> Any:
    return SmallTable()


def connection(name: str) -> Connection:
    return Connection(name, f"https://example.org/{name}", "pat", "s", "Bridge", Defaults(work_item_type="Issue"))


def test_connections_behind_one_that_cannot_be_read_are_found(table: Any, caplog: pytest.LogCaptureFixture) -> None:
    store = ConnectionStore(table)
    for name in ("first", "second", "third"):
        store.save(connection(name))
    table.write("connections", tables.merge("second", {"defaults": '{"fields": {"System.State": "x"}}'}, tables.ANY))

    assert [one.name for one in store.all()] == ["first", "third"]
    assert "a row cannot be read" in caplog.text
    with pytest.raises(UnreadableRowError):  # it may sign in with the token: who asks that must not be told of none
        store.signing_in_with("token")


def test_one_that_cannot_be_read_is_named_with_what_to_do(table: Any) -> None:
    store = ConnectionStore(table)
    store.save(connection("second"))
    table.write("connections", tables.merge("second", {"defaults": "{"}, tables.ANY))

    with pytest.raises(UnreadableRowError, match="What is stored of second") as caught:
        store.get("second")
    assert "Deploy the version that wrote it" in caught.value.hint


def test_an_undo_of_which_the_record_was_removed_ends(table: Any) -> None:
    imports = Imports(table)
    imports.begin("i" * 32)
    imports.begin_undo("i" * 32, 1)
    del table.rows["i|"]

    imports.end_undo("i" * 32)

    assert table.rows == {}


def test_projects_of_any_number_may_be_compared(table: Any) -> None:
    health = Health(table, Times())
    projects = [str(uuid4()) for _ in range(1_000)]

    for project in projects:
        health.compared("c", project, 10**6)

    known = health.of("c").epochs
    assert known[projects[-1]] == 10**6
    assert set(known) < set(projects)


def test_a_link_that_is_saved_while_its_connection_goes_is_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deletion looked for the connection's links before this one was there."""
    saved: list[Link] = []

    def save(link: Link) -> Link:
        saved.append(link)
        return link

    states = iter([ConnectionState.ACTIVE, ConnectionState.DELETING])
    parts: dict[str, Any] = {
        "store": SimpleNamespace(find=lambda *_: None, save=save),
        "connections": SimpleNamespace(find=lambda _: SimpleNamespace(name="c", state=next(states))),
        "organisations": SimpleNamespace(of=lambda _: None),
        "service_hooks": SimpleNamespace(provide=lambda *_: None),
        "moving": None,
        "unfit_conventions": None,
    }
    link = Link("application", "shop", "c", "P", "P")
    monkeypatch.setattr(SaveLink, "_checked", lambda *_: link)

    with pytest.raises(RejectedRequestError, match="is being deleted"):
        SaveLink(**parts)("application", "shop", LinkRequest(connection="c", project="P"))

    assert [one.state for one in saved] == [LinkState.ACTIVE, LinkState.DELETING]

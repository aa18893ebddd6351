"""A deletion whose process dies between any two of its steps is carried on, and ends the same."""

import json
import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.connections.defaults import Defaults
from shared.connections.models import Connection, ConnectionState
from shared.connections.store import ConnectionStore
from shared.errors import CredentialError
from shared.links.models import Link, Place
from shared.links.store import LinkStore
from shared.settings import StorageAccount
from shared.storage.account import Account
from shared.storage.tables import Table
from shared.tickets.intake.accept import Accept
from shared.tickets.intake.grouping import Grouping
from shared.tickets.lanes.leases import Leases
from shared.tickets.link_changes.belongings import worked_on
from shared.tickets.link_changes.departures import Departures
from shared.tickets.link_changes.letting_go import LettingGo
from shared.tickets.link_changes.regrouping import Regrouping
from shared.tickets.rows import keys
from shared.tickets.rows.arrivals import arrival
from shared.tickets.updates.journal import Journal
from shared.tickets.updates.outbox import Outbox
from shared.tickets.vulnerabilities.snapshots import Vulnerability
from shared.times import Times

TIMES = Times.scaled(0.01)
ASSET = keys.asset_key("application", "shop")
COUNT = 25  # more than one transaction takes
NO_CREDENTIAL: Any = None


class DiedError(BaseException):
    """The process is gone: nothing may catch it."""


@dataclass
class Life:
    """How many steps are left to a process."""

    steps: int

    def step(self) -> None:
        if self.steps == 0:
            raise DiedError
        self.steps -= 1


@dataclass
class Mortal:
    """Something whose every call is a step: the process may die before it, or after."""

    target: Any
    life: Life

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.target, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **named: Any) -> Any:
            self.life.step()
            answer = found(*arguments, **named)
            self.life.step()
            return answer

        return call


@dataclass
class Hooks:
    """As much of unsubscribing as departures ask for."""

    left: set[str] = field(default_factory=lambda: {"p1", "p2"})
    error: Exception | None = None
    service_hooks: Any = None

    def all(self, _connection: Connection) -> None:
        self._fail()
        self.left.clear()

    def unneeded(self, _connection: Connection, project: str, *, asset: tuple[str, str]) -> None:
        del asset
        self._fail()
        self.left.discard(project)

    def url(self, _name: str) -> str:
        return "https://bridge.example/api/hooks/c"

    def _fail(self) -> None:
        if self.error:
            raise self.error


@dataclass
class Kept:
    """Secrets by name, and messages in their order."""

    secrets: set[str] = field(default_factory=lambda: {"secret-1", "secret-2"})
    messages: list[Any] = field(default_factory=list)

    def delete(self, name: str) -> None:
        self.secrets.discard(name)

    def send(self, *message: Any, **more: Any) -> None:
        self.messages.append((message, more))

    def send_text(self, text: str) -> None:
        self.messages.append(text)


@dataclass
class World:
    """Storage with one connection, one link that moved within it, and its tickets."""

    account: Account
    name: str
    hooks: Hooks = field(default_factory=Hooks)
    vault: Kept = field(default_factory=Kept)
    registries: Kept = field(default_factory=lambda: Kept({"c"}))
    updates: Kept = field(default_factory=Kept)
    alerts: Kept = field(default_factory=Kept)
    asked: Kept = field(default_factory=Kept)

    def __post_init__(self) -> None:
        self.table = Table(self.account, f"tickets{self.name}")
        self.accept = Accept(self.table, self.asked)  # type: ignore[arg-type]
        self.links = LinkStore(Table(self.account, f"links{self.name}"))
        self.connections = ConnectionStore(Table(self.account, f"connections{self.name}"))
        self.connections.save(
            Connection("c", "https://u/o", "personal_access_token", "secret-1", "B", Defaults(), sign_in="secret-2")
        )
        assert self.links.find("application", "shop") is None  # the first look makes the table
        self.links.save(
            Link("application", "shop", "c", "p1", "One", earlier=(Place("c", "p2", "Two"), Place("gone", "p3", "x")))
        )
        asset = {"kind": "application", "id": "shop"}
        for number in range(COUNT):
            least = {"id": f"V{number}", "asset": asset, "title": "t", "severity": "low", "status": "open"}
            now = datetime.now(UTC)
            one = arrival(Vulnerability.model_validate(least), sent_at=now, now=now)
            self.accept.one("c", one, Grouping())

    def departures(self, steps: int = -1) -> Departures:
        """The use case of a process that lives so many steps."""
        life = Life(steps)

        def mortal(target: Any) -> Any:
            return Mortal(target, life)

        journal = mortal(Journal(self.table, Leases(self.table, TIMES)))
        outbox = mortal(Outbox(self.table, self.updates))  # type: ignore[arg-type]
        letting_go = LettingGo(self.table, journal, outbox, mortal(self.asked), TIMES)
        return Departures(
            queue=mortal(self.asked),
            connections=mortal(self.connections),
            links=mortal(self.links),
            unsubscribing=mortal(self.hooks),
            letting_go=letting_go,
            regrouping=Regrouping(self.table, self.accept, TIMES),
            vault=mortal(self.vault),
            alerts=mortal(self.alerts),
            forget=mortal(self.registries).delete,
        )

    def carry_on(self, steps: int = -1) -> None:
        """What the sweep and the queue do: ask for what is unfinished, and do it."""
        departures = self.departures(steps)
        self.asked.messages.clear()
        departures.carry_on()
        for (message,), _ in list(self.asked.messages):
            departures.run(message)

    def is_over(self) -> bool:
        return not list(worked_on(self.table, "c")) and self.links.find("application", "shop") is None


@pytest.fixture
def world(azurite: str) -> World:
    account = Account(StorageAccount(connection_string=azurite), lambda: NO_CREDENTIAL)
    return World(account, secrets.token_hex(5))


def lives(world: World, begin: Any) -> int:
    """Let one process after another die, each a step later than the last; return how many died."""
    begin(world.departures())
    for steps in range(1, 200, 3):
        try:
            world.carry_on(steps)
        except DiedError:
            continue
        if world.is_over():
            return steps // 3
    pytest.fail("it never ended")


def test_a_link_s(world: World) -> None:
    died = lives(world, lambda departures: departures.delete_link("application", "shop"))

    assert died > 3
    assert world.is_over()
    assert world.hooks.left == set()
    assert world.connections.find("c")
    assert world.vault.secrets == {"secret-1", "secret-2"}
    world.departures().letting_go.outbox.send_forgotten("c", older_than=-5.0)  # as the sweep does
    details = {(one["ticket"], one["change"]) for one in map(_json, world.updates.messages)}
    assert len(details) == COUNT
    assert {change for _, change in details} == {"detached"}


@pytest.mark.thorough
def test_a_connection_s(world: World) -> None:
    died = lives(world, lambda departures: departures.delete_connection("c"))
    for _ in range(3):
        world.carry_on()

    assert died > 3
    assert world.is_over()
    assert world.hooks.left == set()
    assert world.connections.find("c") is None
    assert world.vault.secrets == set()
    assert len({_json(one)["ticket"] for one in world.updates.messages}) == COUNT
    left = world.connections.deleted("c")
    assert left
    assert (left.state, left.secret, left.url) == (ConnectionState.DELETED, "", "https://u/o")


def test_what_may_not_be_taken_back_is_named_in_an_alert(world: World) -> None:
    world.hooks.error = CredentialError("It is expired.")
    world.hooks.service_hooks = world.hooks

    world.departures().delete_connection("c")
    while world.connections.find("c"):  # a round has little time, and goes on in the next one
        world.carry_on()

    assert any("https://bridge.example/api/hooks/c" in more["hint"] for _, more in world.alerts.messages)


def test_a_link_of_another_connection_forgets_that_it_was_here(world: World) -> None:
    link = world.links.get("application", "shop")
    world.links.save(replace(link, connection="other"))

    world.departures().delete_connection("c")
    while world.links.reaching("c"):
        world.carry_on()

    found = world.links.get("application", "shop")
    assert [place.connection for place in found.earlier] == ["gone"]
    assert world.links.reaching("c") == []


def _json(text: Any) -> Any:
    return json.loads(text)

"""Deletes links and connections, leaves the places that links moved away from, and regroups.

*deleting* → service hooks → tickets detached → (connection) secrets → gone. Every step may be done twice, and each
finds out by itself what is left to do: a process that dies leaves a row that says *deleting*, and the sweep asks for
the round again. What Azure DevOps does not let us take back is named in an alert, and the rest goes on.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from shared.alerts import Alerts
from shared.conditions import ANY, Condition
from shared.connections.models import Connection, ConnectionState
from shared.connections.store import ConnectionStore
from shared.errors import BridgeError, ConfigurationError, ConflictError, TransientError
from shared.links.models import Link, LinkState, Place
from shared.links.store import LinkStore
from shared.links.unsubscribing import Unsubscribing
from shared.storage.queues import Queue
from shared.storage.secrets import Vault
from shared.tickets.link_changes.letting_go import LettingGo
from shared.tickets.link_changes.regrouping import Regrouping
from shared.tickets.rows import keys

log = logging.getLogger(__name__)
SCHEMA = 1
LINK = "link"
CONNECTION = "connection"
ROUNDS = frozenset({LINK, CONNECTION})
ALERT = "subscriptions_left"
_CLOCK_STEP = 5.0  # the storage service's clock is known to a second: everything is older than this


@dataclass(frozen=True, slots=True)
class Departures:
    """The use cases behind `DELETE /links/{kind}/{asset}` and `DELETE /connections/{connection}`, and their rounds."""

    queue: Queue
    connections: ConnectionStore
    links: LinkStore
    unsubscribing: Unsubscribing
    letting_go: LettingGo
    regrouping: Regrouping
    vault: Vault
    alerts: Alerts
    forget: Callable[[str], None]
    """Forgets what others keep of a connection, by its name."""

    def delete_link(self, kind: str, asset: str, condition: Condition = ANY) -> Link:
        """Begin to delete a link; doing so again changes nothing. Raises `NotFoundError`, `ConflictError`."""
        link = self.links.get(kind, asset)
        condition.check(link.etag, what="link")
        if link.state is not LinkState.DELETING:
            link = self.links.save(replace(link, state=LinkState.DELETING))
        self.carry_on_with(link)
        return link

    def delete_connection(self, name: str, condition: Condition = ANY) -> Connection:
        """Begin to delete a connection, with its links. Raises `NotFoundError`, `ConflictError`."""
        connection = self.connections.get(name)
        condition.check(connection.etag, what="connection")
        if connection.state is not ConnectionState.DELETING:
            connection = self.connections.save(replace(connection, state=ConnectionState.DELETING))
        self._ask(connection)
        return connection

    def carry_on(self) -> None:
        """Ask for every round that is not finished."""
        for connection in self.connections.all():
            if connection.state is ConnectionState.DELETING:
                self._ask(connection)
        for link in self.links.unfinished():
            self.carry_on_with(link)

    def carry_on_with(self, link: Link) -> None:
        """Ask for a link's round if it has one to do."""
        if link.has_work:
            self.queue.send({"schema": SCHEMA, "round": LINK, "kind": link.kind, "asset": link.asset})

    def run(self, message: Mapping[str, Any]) -> None:
        """Do what a message asks for, as far as it goes now; the sweep asks for the rest."""
        try:
            if message["round"] == CONNECTION:
                self._connection(message["connection"])
            else:
                self._link(message["kind"], message["asset"])
        except (TransientError, ConfigurationError, ConflictError) as error:
            log.warning("not left yet", extra={"round": message["round"], "why": error.message})

    def _ask(self, connection: Connection) -> None:
        self.queue.send({"schema": SCHEMA, "round": CONNECTION, "connection": connection.name})

    def _link(self, kind: str, asset: str) -> None:
        link = self.links.find(kind, asset)
        if link is None or not link.has_work:
            return
        if link.state is LinkState.DELETING:
            self._delete(link)
        elif link.regrouping:
            self._regroup(link)
        else:
            self._leave(link)

    def _regroup(self, link: Link) -> None:
        if self.regrouping(link):
            link = self.links.save(replace(link, regrouping=False))
        self.carry_on_with(link)

    def _delete(self, link: Link) -> None:
        for place in link.places:
            self._unsubscribe(link, place)
        self._let_go(link)

    def _let_go(self, link: Link) -> None:
        asset = keys.asset_key(link.kind, link.asset)
        for connection in dict.fromkeys(place.connection for place in link.places):
            if not self.letting_go.detach(connection, asset):
                self.carry_on_with(link)
                return
        self.links.remove(link)

    def _leave(self, link: Link) -> None:
        """Close what is to be closed in earlier places, and forget those in which nothing is left."""
        done = [place for place in link.earlier if place.left and self.letting_go.close(link, place)]
        if not done:
            return
        for place in done:
            self._unsubscribe(link, place)
        kept = tuple(place for place in link.earlier if place not in done)
        self.links.save(replace(link, earlier=kept))

    def _unsubscribe(self, link: Link, place: Place) -> None:
        """Take the service hooks of a place back, if no other asset needs them; its links have each place once."""
        connection = self.connections.find(place.connection)
        if connection is None:
            return
        try:
            self.unsubscribing.unneeded(connection, place.project_id, asset=(link.kind, link.asset))
        except (TransientError, ConfigurationError):
            raise
        except BridgeError as error:
            self._tell(connection, f"project {place.project}", error)

    def _connection(self, name: str) -> None:
        connection = self.connections.find(name)
        if connection is None or connection.state is not ConnectionState.DELETING:
            return
        try:
            self.unsubscribing.all(connection)
        except (TransientError, ConfigurationError):
            raise
        except BridgeError as error:
            self._tell(connection, "its projects", error)
        self._forget_places(connection)
        if not self.letting_go.detach(name):
            self._ask(connection)
            return
        self.letting_go.outbox.send_forgotten(name, older_than=-_CLOCK_STEP)
        self.forget(name)
        for secret in connection.own_secrets:
            self.vault.delete(secret)
        self.connections.bury(connection)

    def _forget_places(self, connection: Connection) -> None:
        for link in self.links.reaching(connection.name):
            if link.connection == connection.name:
                deleting = link
                if link.state is not LinkState.DELETING:
                    deleting = self.links.save(replace(link, state=LinkState.DELETING))
                self._delete(deleting)
            else:
                kept = tuple(place for place in link.earlier if place.connection != connection.name)
                self.links.save(replace(link, earlier=kept))

    def _tell(self, connection: Connection, where: str, error: BridgeError) -> None:
        url = self.unsubscribing.service_hooks.url(connection.name)
        with suppress(TransientError):
            self.alerts.send(
                ALERT,
                connection.name,
                f"Service hooks of {where} in {connection.url} could not be removed: {error.message}",
                hint=f"Remove those that send to {url} in the project's settings, Service hooks.",
            )

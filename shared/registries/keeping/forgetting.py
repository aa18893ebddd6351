"""Forgets what nobody asked for lately, and everything of a connection that is deleted."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from shared.connections.models import Connection
from shared.connections.organisations import Organisations
from shared.connections.store import ConnectionStore
from shared.errors import BridgeError
from shared.links.service_hooks import Pushes, ServiceHooks
from shared.registries.keeping.following import Following
from shared.registries.keeping.reading import ReadCommit
from shared.registries.keeping.readings import Readings
from shared.registries.keeping.shelf import Shelf

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Forgetting:
    """`days` is for how long something is kept that nobody asks for; 0 is for ever."""

    connections: ConnectionStore
    organisations: Organisations
    service_hooks: ServiceHooks
    readings: Readings
    read: ReadCommit
    following: Following
    shelf: Shelf
    days: int

    def __call__(self, connection: str) -> None:
        """Forget what nobody asked for lately; what is being read is left. Done twice, it changes nothing."""
        stored = self.connections.find(connection)
        if stored is None or not self.days:
            return
        limit = self.readings.now() - timedelta(days=self.days)
        for reading in list(self.readings.of(connection)):
            if reading.asked_at < limit and not self.readings.is_leased(reading):
                self.read.forget(reading)
        followed = list(self.following.all(connection))
        over = [one for one in followed if one.asked_at < limit]
        kept = {one.repository for one in followed if one.asked_at >= limit}
        deaf = self._deaf_to(
            {Pushes(one.project, one.repository) for one in over if one.repository not in kept}, stored
        )
        for one in over:
            if one.repository in kept | deaf:
                self.following.forget(one)

    def all_of(self, connection: str) -> None:
        """Forget everything of a connection that is being deleted, whose subscriptions are gone."""
        for reading in list(self.readings.of(connection)):
            self.read.forget(reading)
        for one in list(self.following.all(connection)):
            self.following.forget(one)
        self.shelf.clear(connection)

    def _deaf_to(self, pushes: set[Pushes], connection: Connection) -> set[str]:
        """Take subscriptions back; returns of which repositories. The others' rows stay: without them nobody would."""
        done: set[str] = set()
        for one in pushes:
            try:
                self.service_hooks.remove_pushes(self.organisations.of(connection), connection, one)
                done.add(one.repository)
            except BridgeError as error:
                log.warning("pushes still heard of", extra={"connection": connection.name, "why": error.message})
        return done

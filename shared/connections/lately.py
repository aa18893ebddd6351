"""Connections as they were some seconds ago, for whoever is asked often and harms nobody by that."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.connections.models import Connection
from shared.connections.store import ConnectionStore


@dataclass(frozen=True, slots=True)
class Lately:
    """Remembers what it read for so many seconds; that there is no connection is asked for again each time."""

    store: ConnectionStore
    seconds: float
    clock: Callable[[], float] = time.monotonic
    _known: dict[str, tuple[float, Connection]] = field(default_factory=dict, init=False)

    def find(self, name: str) -> Connection | None:
        """Return the connection, or None; a deleted one is none."""
        read_at, known = self._known.get(name, (0.0, None))
        now = self.clock()
        if known and now - read_at < self.seconds:
            return known
        found = self.store.find(name)
        if found:
            self._known[name] = (now, found)
        return found

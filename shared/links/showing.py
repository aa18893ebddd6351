"""Shows links with what is in effect: their own settings over their connections' defaults."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.connections.defaults import Defaults
from shared.connections.store import ConnectionStore
from shared.links.models import Link, LinkView


@dataclass(frozen=True, slots=True)
class ShowLinks:
    """What the API answers of links."""

    connections: ConnectionStore

    def __call__(self, links: Iterable[Link]) -> list[LinkView]:
        """Return what is shown; each connection is read once."""
        defaults: dict[str, Defaults] = {}
        shown = []
        for link in links:
            if link.connection not in defaults:
                connection = self.connections.find(link.connection)
                defaults[link.connection] = connection.defaults if connection else Defaults()
            shown.append(link.public(defaults[link.connection]))
        return shown

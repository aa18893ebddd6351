"""What an import has to know of the assets in it, read once: where their tickets are, and what is stored of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from shared.errors import RejectedRequestError
from shared.links.store import LinkStore
from shared.storage.tables import Row
from shared.tickets.intake.accept import Accept
from shared.tickets.intake.grouping import Grouping, grouping_of
from shared.tickets.intake.submit import kept_in, linked
from shared.tickets.rows import keys
from shared.tickets.rows.arrivals import Arrival
from shared.tickets.vulnerabilities.snapshots import Asset


@dataclass(slots=True)
class Place:
    """An asset in one connection: its stored rows, and the snapshots that are to be written next."""

    connection: str
    asset: str
    grouping: Grouping
    known: dict[str, Row]
    gathered: list[tuple[int, Arrival]] = field(default_factory=list)
    remembered: bool = False


class Assets:
    """The assets of one import."""

    def __init__(self, links: LinkStore, accept: Accept) -> None:
        self._links = links
        self._accept = accept
        self._found: dict[Asset, list[Place] | RejectedRequestError] = {}

    def places(self, asset: Asset) -> list[Place]:
        """Return where an asset's tickets are, the current place last. Raises `RejectedRequestError` for none."""
        if asset not in self._found:
            self._found[asset] = self._open(asset)
        found = self._found[asset]
        if isinstance(found, RejectedRequestError):
            raise found
        return found

    def is_linked(self, asset: Asset) -> bool:
        """Whether an asset has a place."""
        try:
            return bool(self.places(asset))
        except RejectedRequestError:
            return False

    def all(self) -> Iterator[Place]:
        """Yield every place that was opened."""
        for places in self._found.values():
            if not isinstance(places, RejectedRequestError):
                yield from places

    def _open(self, asset: Asset) -> list[Place] | RejectedRequestError:
        try:
            link = linked(self._links, asset)
        except RejectedRequestError as error:
            return error
        key = keys.asset_key(asset.kind, asset.id)
        names = [*kept_in(link), link.connection]
        return [Place(name, key, grouping_of(link, name), self._accept.known(name, key)) for name in names]

"""What an import has to know of the assets in it, read once: where their tickets are, and what is stored of them."""

from collections.abc import Collection, Iterator, Mapping
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

_FEW = 20
"""So many rows are read one by one: a small report needs none of the thousands that its asset may have besides."""


@dataclass(slots=True)
class Place:
    """An asset in one connection: its stored rows, and the snapshots that are to be written next."""

    connection: str
    asset: str
    grouping: Grouping
    accept: Accept
    gathered: list[tuple[int, Arrival]] = field(default_factory=list)
    remembered: bool = False
    _all: dict[str, Row] | None = None

    def all(self) -> Mapping[str, Row]:
        """Return all stored rows, read once."""
        if self._all is None:
            self._all = self.accept.known(self.connection, self.asset)
        return self._all

    def stored(self, rows: Collection[str]) -> Mapping[str, Row]:
        """Return the stored ones of some rows, perhaps others as well."""
        if self._all is None and len(rows) <= _FEW:
            return self.accept.some_known(self.connection, rows)
        return self.all()


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
        return [Place(name, key, grouping_of(link, name), self._accept) for name in names]

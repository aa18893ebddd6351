"""What an import has to know of the assets in it, read once: where their tickets are, and what is stored of them."""

from collections import ChainMap
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

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
_WORTH = 45
"""Reading a row by itself costs about as much as reading so many of a range."""
_PAGE = 1_000


@dataclass(slots=True)
class Place:
    """An asset in one connection: its stored rows, and the snapshots that are to be written next."""

    connection: str
    asset: str
    grouping: Grouping
    accept: Accept
    gathered: list[tuple[int, Arrival]] = field(default_factory=list)
    remembered: bool = False
    _asked: list[str] = field(default_factory=list)
    _rows: dict[str, Row] = field(default_factory=dict)
    _others: Iterator[Row] | None = None
    """Those that were not read yet, in order; None before any was."""
    _is_whole: bool = False

    def all(self) -> Mapping[str, Row]:
        """Return all stored rows, read once."""
        while not self._is_whole:
            self._read_page()
        return self._rows

    def stored(self, rows: Collection[str]) -> Mapping[str, Row]:
        """Return the stored ones of some rows, perhaps others as well.

        Rows of the asset are read in their order as long as reading all of them seems to cost no more than reading
        those that are asked for: a report as large as its asset reads it whole, and some hundred rows among a hundred
        thousand do not.
        """
        self._asked += rows
        while not self._is_whole and self._is_worth_it():
            self._read_page()
        end = self._end()
        apart = [] if self._is_whole else [row for row in rows if row > end]
        return ChainMap(self.accept.some_known(self.connection, apart), self._rows)

    def _is_worth_it(self) -> bool:
        """Whether the rows that were asked for and reached pay for all that were read.

        Keys are hashes, so what was not read yet is as dense.
        """
        if not self._rows:
            return len(self._asked) > _FEW
        end = self._end()
        reached = sum(row <= end for row in self._asked)
        return len(self._rows) <= _WORTH * reached

    def _end(self) -> str:
        return next(reversed(self._rows), "")

    def _read_page(self) -> None:
        self._others = self._others or self.accept.known(self.connection, self.asset)
        page = {row.key: row for row in islice(self._others, _PAGE)}
        self._rows.update(page)
        self._is_whole = len(page) < _PAGE


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

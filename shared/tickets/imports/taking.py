"""Takes a whole report in.

full: compare (nothing is written)    remember the import    store its snapshots    mark as fixed what is gone
Each step may be done again: a report that is sent again after a crash is the same import, and ends the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.errors import RejectedRequestError
from shared.links.store import LinkStore
from shared.storage.tables import Table
from shared.tickets.imports.assets import Assets, Place
from shared.tickets.imports.comparison import Comparison
from shared.tickets.imports.fixing import Fixing
from shared.tickets.imports.records import Imports
from shared.tickets.imports.tally import Tally
from shared.tickets.intake.accept import Accept, Outcome
from shared.tickets.rows.arrivals import Arrival, arrival, row_values
from shared.tickets.vulnerabilities import origins
from shared.tickets.vulnerabilities.origins import Origin
from shared.tickets.vulnerabilities.scans import RefusedResult, Report
from shared.tickets.vulnerabilities.snapshots import Asset, Vulnerability

_CHUNK = 400


@dataclass(frozen=True, slots=True)
class Fullness:
    """What a report claims to be: all that its scans have of their assets. `asset` even if the report has none of it.

    `confirmed`: also if most of what is open is gone.
    """

    asset: Asset | None = None
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class TakeReport:
    """The use case behind `POST /tickets/import`."""

    table: Table
    links: LinkStore
    accept: Accept
    imports: Imports

    def __call__(
        self, report: Report, import_id: str, *, full: Fullness | None = None, sent_at: datetime | None = None
    ) -> Tally:
        """Accept a report's snapshots; what cannot be accepted is refused one by one, with its reason.

        `import_id` is the same each time the same report is sent; without `sent_at` it came just now. Raises
        `ConflictError` (409) before anything is written if a full report needs to be confirmed, or is being undone.
        """
        tally = Tally(import_id)
        assets = Assets(self.links, self.accept)
        comparison = Comparison(report, assets, full.asset, self.table.clock.now()) if full else None
        if full and comparison:
            comparison.check(confirmed=full.confirmed)
            tally.not_compared = comparison.doubts
        self.imports.begin(import_id)
        intake = _Intake(self, tally, assets, sent_at)
        for index, (scan, found) in enumerate(report.findings()):
            if isinstance(found, RefusedResult):
                tally.refuse(found)
            else:
                intake.add(index, found, Origin(origins.mark(scan), import_id))
        intake.flush()
        if comparison:
            fixing = Fixing(self.table, self.accept, comparison)
            tally.gone = sum(map(fixing, comparison.gone))
        self.imports.end(import_id, tally.counts())
        return tally


class _Intake:
    """The snapshots of an import on their way: writes are gathered."""

    def __init__(self, take: TakeReport, tally: Tally, assets: Assets, sent_at: datetime | None) -> None:
        self._take = take
        self._tally = tally
        self._assets = assets
        self._sent_at = sent_at

    def add(self, index: int, vulnerability: Vulnerability, origin: Origin) -> None:
        """Take one snapshot; it may be written only with a later one, or by `flush`."""
        now = self._take.table.clock.now()
        try:
            places = self._assets.places(vulnerability.asset)
            snapshot = arrival(vulnerability, sent_at=self._sent_at, now=now, origin=origin)
        except RejectedRequestError as error:
            self._tally.refuse_for(index, error)
            return
        place = next((place for place in places[:-1] if snapshot.row in place.all()), places[-1])
        place.gathered.append((index, snapshot))
        if len(place.gathered) >= _CHUNK:
            self._write(place)

    def flush(self) -> None:
        """Write what was gathered."""
        for place in self._assets.all():
            self._write(place)

    def _write(self, place: Place) -> None:
        if place.gathered and not place.remembered:
            self._take.imports.add_place(self._tally.id, place.connection, place.asset)
            place.remembered = True
        try:
            outcomes = self._accept(place)
        except RejectedRequestError:  # one of them is too large for its row, and nothing was written
            place.gathered = [entry for entry in place.gathered if self._fits(*entry)]
            outcomes = self._accept(place)
        self._tally.outcomes.update(outcomes)
        place.gathered.clear()

    def _accept(self, place: Place) -> Mapping[Outcome, int]:
        arrivals = [snapshot for _, snapshot in place.gathered]
        known = place.stored({snapshot.row for snapshot in arrivals})
        return self._take.accept.many(place.connection, arrivals, known, place.grouping)

    def _fits(self, index: int, snapshot: Arrival) -> bool:
        try:
            row_values(snapshot, ticket="", grouping="")
        except RejectedRequestError as error:
            self._tally.refuse_for(index, error)
            return False
        return True

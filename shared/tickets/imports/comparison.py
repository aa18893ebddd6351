"""What complete scans do not have any more: gone means fixed, as soon as no other scan still has it.

Nothing is concluded in doubt: from a scan that did not end well, that comes from the future, or that has a result
which nobody can tell apart from a stored one because it was refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from shared.errors import ConflictError, FieldProblem
from shared.storage.tables import Row
from shared.tickets.imports.assets import Assets, Place
from shared.tickets.rows.arrivals import is_from_the_future
from shared.tickets.rows.keys import asset_key, snapshot_row
from shared.tickets.vulnerabilities import origins
from shared.tickets.vulnerabilities.scans import RefusedResult, Report, Scan
from shared.tickets.vulnerabilities.snapshots import Asset, Status, Vulnerability


@dataclass(slots=True)
class _Seen:
    """What a report has of one scan, which may be several runs."""

    scan: Scan
    doubt: str = ""
    rows: set[str] = field(default_factory=set)
    ended: datetime | None = None
    latest: datetime | None = None
    open: int = 0
    gone: int = 0

    @property
    def observed_at(self) -> datetime | None:
        """When the first of its runs ended, else when its latest result was observed."""
        return self.ended or self.latest

    def take(self, found: Vulnerability | RefusedResult, now: datetime) -> None:
        """Remember one result."""
        if isinstance(found, RefusedResult):
            self.doubt = self.doubt or "A result of it was refused."
            return
        self.rows.add(_row(found))
        if found.observed_at:
            self.latest = max(filter(None, (self.latest, found.observed_at)))
            if is_from_the_future(found.observed_at, now):
                self.doubt = self.doubt or "A result of it is from the future."


@dataclass(slots=True)
class Gone:
    """What is gone of one place: marks of the scans that do not have it any more, by row."""

    place: Place
    fixed: dict[str, frozenset[str]] = field(default_factory=dict)
    elsewhere: dict[str, frozenset[str]] = field(default_factory=dict)
    """Another scan still has these, or did when they were last heard of."""


class Comparison:
    """A full report beside what is stored: made before anything is written."""

    def __init__(self, report: Report, assets: Assets, asked: Asset | None, now: datetime) -> None:
        """Read the whole report once. `asked` is compared even if the report has nothing of it."""
        self._seen: dict[str, _Seen] = {}
        for scan in report.scans:
            self._add(scan, now)
        compared = self._read(report, now) | ({asked} if asked else set())
        self.gone = [self._of(place) for asset in compared if assets.is_linked(asset) for place in assets.places(asset)]

    @property
    def doubts(self) -> dict[str, str]:
        """Why scans are not compared, by what a person calls them."""
        return {seen.scan.title: seen.doubt for seen in self._seen.values() if seen.doubt}

    def check(self, *, confirmed: bool) -> None:
        """Raise `ConflictError` (409) if more than half of what is open would go and nobody confirmed that."""
        much = [seen for seen in self._seen.values() if 2 * seen.gone > seen.open]
        if not much or confirmed:
            return
        parts = ", ".join(f"{seen.gone} of {seen.open} of {seen.scan.title}" for seen in much)
        raise ConflictError(
            f"The report does not have most of what is open: {parts} would be marked fixed. Nothing was changed.",
            hint="If that is so, send it again with confirm=true; if not, look why the scan found so little.",
            problems=[FieldProblem("confirm", f"must be true to mark {sum(s.gone for s in much)} as fixed")],
            status=409,
        )

    def observed_at(self, marks: Iterable[str]) -> datetime | None:
        """Return as of when what these scans do not have is gone; None is now."""
        return min((at for mark in marks if (at := self._seen[mark].observed_at)), default=None)

    def _add(self, scan: Scan, now: datetime) -> None:
        seen = self._seen.setdefault(origins.mark(scan), _Seen(scan))
        seen.doubt = seen.doubt or scan.incomplete
        if scan.observed_at:
            seen.ended = min(filter(None, (seen.ended, scan.observed_at)))
            if is_from_the_future(scan.observed_at, now):
                seen.doubt = seen.doubt or "The run ended in the future."

    def _read(self, report: Report, now: datetime) -> set[Asset]:
        """Take every result in; return the assets that they are of."""
        assets = set()
        for scan, found in report.findings():
            self._seen[origins.mark(scan)].take(found, now)
            if not isinstance(found, RefusedResult):
                assets.add(found.asset)
        return assets

    def _of(self, place: Place) -> Gone:
        gone = Gone(place)
        present = set[str]().union(*(seen.rows for seen in self._seen.values()))
        for row in place.all().values():
            had = self._compared(row)
            missing = frozenset(mark for mark in had if row.key not in self._seen[mark].rows)
            is_fixed = bool(missing) and missing.issuperset(origins.scans_of(row)) and row.key not in present
            for mark in had:
                self._seen[mark].open += 1
                self._seen[mark].gone += is_fixed
            if missing:
                (gone.fixed if is_fixed else gone.elsewhere)[row.key] = missing
        return gone

    def _compared(self, row: Row) -> list[str]:
        """Return the scans of this report that had an open vulnerability and would know if it were still there."""
        if not is_open(row):
            return []
        return [mark for mark in origins.scans_of(row) if mark in self._seen and not self._seen[mark].doubt]


def is_open(row: Row) -> bool:
    """Whether a stored vulnerability stands, and its import was not taken back."""
    return row.values.get("status") == Status.OPEN and not origins.is_withdrawn(row)


def _row(vulnerability: Vulnerability) -> str:
    asset = vulnerability.asset
    return snapshot_row(asset_key(asset.kind, asset.id), vulnerability.id)

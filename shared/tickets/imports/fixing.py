"""Marks as fixed what full reports do not have any more. A newer snapshot wins, whoever sent it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import batched

from shared.storage import tables
from shared.storage.sizes import MAX_OPERATIONS
from shared.storage.tables import Operation, Row, RowChangedError, Table
from shared.tickets.imports.assets import Place
from shared.tickets.imports.comparison import Comparison, Gone, is_open
from shared.tickets.intake.accept import Accept, Outcome
from shared.tickets.rows import keys
from shared.tickets.rows.arrivals import Arrival, arrival, read_vulnerability
from shared.tickets.vulnerabilities import origins
from shared.tickets.vulnerabilities.origins import Origin
from shared.tickets.vulnerabilities.snapshots import Status

_CHUNK = 400


@dataclass(frozen=True, slots=True)
class Fixing:
    """Writes what a comparison found. A row that changed meanwhile is judged by what it says now."""

    table: Table
    accept: Accept
    comparison: Comparison

    def __call__(self, gone: Gone) -> int:
        """Mark as fixed what no scan has any more, and remember who has the rest; return how many were fixed."""
        connection, count = gone.place.connection, 0
        for part in batched(self._read(gone.place, gone.fixed), _CHUNK, strict=False):
            todo = [row for row in part if gone.fixed[row.key].issuperset(origins.scans_of(row))]
            arrivals = [self._fixed(row, gone.fixed[row.key]) for row in todo]
            count += self.accept.many(connection, arrivals, {row.key: row for row in todo}, gone.place.grouping)[
                Outcome.CHANGED
            ]
        for some in batched(self._read(gone.place, gone.elsewhere), MAX_OPERATIONS, strict=False):
            self._write(connection, [_elsewhere(row, gone.elsewhere[row.key]) for row in some])
        return count

    def _read(self, place: Place, wanted: Mapping[str, frozenset[str]]) -> Iterator[Row]:
        """Yield those of the wanted rows that are still open."""
        if not wanted:
            return
        prefix = f"v|{place.asset}"
        where, parameters = "status eq @open", {"open": Status.OPEN.value}
        for row in self.table.range(
            place.connection, prefix, prefix + keys.AFTER_ALL, where=where, parameters=parameters
        ):
            if row.key in wanted and is_open(row):
                yield row

    def _fixed(self, row: Row, missing: frozenset[str]) -> Arrival:
        change = {"status": Status.FIXED, "observed_at": self.comparison.observed_at(missing), "sequence": None}
        vulnerability = read_vulnerability(row).model_copy(update=change)
        return arrival(vulnerability, sent_at=None, now=self.table.clock.now(), origin=Origin(gone_from=missing))

    def _write(self, connection: str, operations: list[Operation]) -> None:
        while operations:
            try:
                self.table.transact(connection, operations)
            except RowChangedError as error:  # the next full report finds it again
                del operations[error.index]
            else:
                return


def _elsewhere(row: Row, missing: frozenset[str]) -> Operation:
    left = [mark for mark in origins.scans_of(row) if mark not in missing]
    return tables.merge(row.key, {"scans": " ".join(left)}, row.etag)

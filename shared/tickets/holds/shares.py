"""How many work items a link may still have made today: one row for each link, changed only as it was read.

What is to be created is taken from the day's share before it is sent, and given back if it certainly was not made. A
process that dies in between wastes what it took; no number of workers takes more than there is. The day is UTC's, by
the storage service's clock.
"""

from dataclasses import dataclass
from datetime import date

from shared.errors import TransientError
from shared.storage import tables
from shared.storage.tables import Row, RowChangedError, Table

_PARTITION = "shares"
_SCHEMA = 1
_TRIES = 40
"""All lanes of a link may be at it at once; each conflict is somebody's success."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many work items may be made, of the share of a day."""

    day: date
    count: int


@dataclass(frozen=True, slots=True)
class Shares:
    """Takes from the shares of links, which are named by the keys of their assets."""

    table: Table

    def take(self, asset: str, wanted: int, per_day: int) -> Share:
        """Take as many as are wanted and left. Raises `TransientError`: then some may be wasted."""
        for _ in range(_TRIES):
            row = self.table.get(_PARTITION, asset)
            day, used = self._used(row)
            granted = max(0, min(wanted, per_day - used))
            if not granted or self._write(asset, row, day, used + granted):
                return Share(day, granted)
        raise TransientError("Too many workers take from the share of one link at once.")

    def give_back(self, asset: str, share: Share) -> None:
        """Nothing was made with a share; that of a day which is over is worth nothing."""
        for _ in range(_TRIES if share.count else 0):
            row = self.table.get(_PARTITION, asset)
            day, used = self._used(row)
            if day != share.day or self._write(asset, row, day, max(0, used - share.count)):
                return

    def is_used_up(self, asset: str, per_day: int) -> bool:
        """Whether nothing is left of today's share."""
        return self._used(self.table.get(_PARTITION, asset))[1] >= per_day > 0

    def _used(self, row: Row | None) -> tuple[date, int]:
        """Return the day and what was taken of its share; another host's clock may be in the next day already."""
        today = self.table.clock.now().date()
        stored = date.fromisoformat(str(row.values["day"])) if row else today
        return (stored, int(str(row.values["used"]))) if row and stored >= today else (today, 0)

    def _write(self, asset: str, row: Row | None, day: date, used: int) -> bool:
        values: dict[str, tables.Value] = {"schema": _SCHEMA, "day": day.isoformat(), "used": used}
        operation = tables.replace(asset, values, row.etag) if row else tables.create(asset, values)
        try:
            self.table.write(_PARTITION, operation)
        except RowChangedError:
            return False
        return True

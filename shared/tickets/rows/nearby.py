"""Rows of many keys. Those of an import lie close together, and one range read brings hundreds of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.storage.tables import Row, Table
from shared.tickets.rows import keys

_LEAST = 8
"""Fewer are read one by one."""
_AROUND = keys.LANES
"""Of so many rows in a range one is wanted, where all lanes have as much to do: their keys are mixed."""
_MOST = 1_000
"""https://learn.microsoft.com/rest/api/storageservices/query-timeout-and-pagination"""
_MOST_BYTES = 4_000_000
"""A snapshot may be 768 KiB, and eight lanes read at once."""


@dataclass(frozen=True, slots=True)
class Nearby:
    """Reads rows of a connection; what was read ahead is not asked for again."""

    table: Table
    connection: str
    _known: dict[str, Row | None] = field(default_factory=dict)

    def get(self, key: str) -> Row | None:
        """Return the row, or None when there is none."""
        return self._known[key] if key in self._known else self.table.get(self.connection, key)

    def read_ahead(self, wanted: Iterable[str]) -> None:
        """Read ranges of rows as long as most of what is wanted lies in them; the rest is left to `get`.

        Raises `TransientError`.
        """
        left = sorted(wanted)
        while len(left) >= _LEAST:
            rows, end = self._range(left[0], left[-1], min(_MOST, _AROUND * len(left)))
            reached = [key for key in left if key <= end]
            self._known.update({key: rows.get(key) for key in reached})
            left = left[len(reached) :]
            if 2 * _AROUND * len(reached) < len(rows):  # nor will the next range hold as much as one of an import
                return

    def _range(self, first: str, last: str, most: int) -> tuple[dict[str, Row], str]:
        """Return rows from the first key on, and up to which key these are all."""
        rows: dict[str, Row] = {}
        size = 0
        for row in self.table.range(self.connection, first, f"{last}{keys.AFTER_ALL}", limit=most):
            rows[row.key] = row
            size += sum(len(value) for value in row.values.values() if isinstance(value, str | bytes))
            if size > _MOST_BYTES or len(rows) == most:
                return rows, row.key
        return rows, last

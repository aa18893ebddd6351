"""Rows of many keys. Those of an import lie close together, and one range read brings hundreds of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.storage.tables import Row, Table
from shared.tickets.rows import keys

_LEAST = 8
"""Fewer are read one by one."""
_AROUND = keys.LANES
"""Of so many rows in a range one is wanted, where all lanes have as much to do: their keys are mixed."""
_MOST = 1_000
"""https://learn.microsoft.com/rest/api/storageservices/query-timeout-and-pagination"""


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
            most = min(_MOST, _AROUND * len(left))
            rows = {row.key: row for row in self._range(left[0], left[-1], most)}
            end = left[-1] if len(rows) < most else max(rows)
            reached = [key for key in left if key <= end]
            self._known.update({key: rows.get(key) for key in reached})
            left = left[len(reached) :]
            if not _is_worth_it(rows, reached):
                return

    def _range(self, first: str, last: str, most: int) -> Iterable[Row]:
        return self.table.range(self.connection, first, f"{last}{keys.AFTER_ALL}", limit=most)


def _is_worth_it(rows: Mapping[str, Row], reached: Iterable[str]) -> bool:
    """Whether the next range may hold as much of what is wanted as a range of an import."""
    return 2 * _AROUND * sum(1 for _ in reached) >= len(rows)

"""The rows of failed messages, in one partition of the table `failedmessages`.

f|{id}    a failed message; later ones have lower ids, so that they come first
u|{id}    its failure has not been told yet
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import NotFoundError
from shared.storage import tables
from shared.storage.tables import RowChangedError, Table
from shared.tickets.failed_messages.records import SCHEMA, FailedMessage, first_id_before, read, row_values
from shared.tickets.rows import keys

PARTITION = "failed"
MOST_COUNTED = 10_000
_ID_LENGTH = 29


@dataclass(frozen=True, slots=True)
class FailedMessages:
    """Keeps failed messages. Every method raises `TransientError` when storage does not answer."""

    table: Table

    def now(self) -> datetime:
        """The storage service's time."""
        return self.table.clock.now()

    def record(self, failed: FailedMessage) -> None:
        """Keep a message, and that its failure is to be told. Done twice, it is one row."""
        rows = [
            tables.upsert(f"f|{failed.id}", row_values(failed)),
            tables.upsert(f"u|{failed.id}", {"schema": SCHEMA}),
        ]
        self.table.transact(PARTITION, rows)

    def get(self, failed_id: str) -> FailedMessage:
        """Return one. Raises `NotFoundError`."""
        is_id = len(failed_id) == _ID_LENGTH and failed_id.isascii() and failed_id.isalnum()
        row = self.table.get(PARTITION, f"f|{failed_id}") if is_id else None
        if row is None:
            raise NotFoundError(
                "There is no failed message of this id; it may have been sent again or dismissed.",
                hint="List them with GET /api/failed-messages.",
            )
        return read(row)

    def newest_first(self, after: str = "") -> Iterator[FailedMessage]:
        """Yield them by when they were sent, the latest first, those after an id."""
        start = f"f|{after}!" if after else "f|"
        return map(read, self.table.range(PARTITION, start, "f|" + keys.AFTER_ALL))

    def count(self) -> int:
        """Return how many there are; at most 10,000 are counted."""
        rows = self.table.range(PARTITION, "f|", "f|" + keys.AFTER_ALL, select=("queue",), limit=MOST_COUNTED)
        return sum(1 for _ in rows)

    def sent_before(self, moment: datetime) -> Iterator[str]:
        """Yield the ids of those that were put on their queue before a moment."""
        start = f"f|{first_id_before(moment)}"
        rows = self.table.range(PARTITION, start, "f|" + keys.AFTER_ALL, select=("queue",))
        return (row.key.removeprefix("f|") for row in rows)

    def remove(self, failed_id: str) -> None:
        """Forget one; it may be gone already."""
        self._delete(f"f|{failed_id}")

    def untold(self, *, older_than: float) -> Iterator[str]:
        """Yield the ids of those whose failure should have been told `older_than` seconds ago."""
        limit = self.now() - timedelta(seconds=older_than)
        rows = self.table.range(PARTITION, "u|", "u|" + keys.AFTER_ALL)
        return (row.key.removeprefix("u|") for row in rows if row.written_at < limit)

    def told(self, failed_id: str) -> None:
        """Its failure need not be told again."""
        self._delete(f"u|{failed_id}")

    def _delete(self, key: str) -> None:
        try:
            self.table.write(PARTITION, tables.delete(key, tables.ANY))
        except RowChangedError:  # somebody else was faster
            return

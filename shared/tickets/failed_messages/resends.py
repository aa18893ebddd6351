"""How often a message was sent again, and the last error that is known of it; both for as long as a day.

A message has a new id each time it is sent, and a wake-up another trace, so it is known by what it says besides:

r|{queue and content}   times sent again, and the id of the last one that was counted
e|{queue and content}   what went wrong when it was last tried
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import BridgeError, RejectedRequestError, TransientError
from shared.storage import tables
from shared.storage.tables import Row, RowChangedError, Table
from shared.telemetry.traces import untraced
from shared.tickets.failed_messages.records import MAX_TEXT, SCHEMA
from shared.tickets.failed_messages.store import PARTITION
from shared.tickets.rows import keys
from shared.times import Times

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Resends:
    """Counts. Every method raises `TransientError` when storage does not answer."""

    table: Table
    times: Times

    def count(self, queue: str, content: bytes, message: str) -> int:
        """Count a poison message and return how many of its content there were; the same message counts once.

        Raises `RowChangedError` when another one is counted at the same moment.
        """
        key = f"r|{_name(queue, content)}"
        row = self.table.get(PARTITION, key)
        count = int(str(row.values["count"])) if row and not self._is_old(row) else 0
        if row and count and row.values["last"] == message:
            return count
        values: dict[str, tables.Value] = {"schema": SCHEMA, "count": count + 1, "last": message}
        counted = tables.replace(key, values, row.etag) if row else tables.create(key, values)
        self.table.write(PARTITION, counted)
        return count + 1

    def forget(self, queue: str, content: bytes) -> None:
        """Count from the beginning: a person says that it is worth trying."""
        for kind in "re":
            self._delete(f"{kind}|{_name(queue, content)}")

    def forget_old(self) -> None:
        """Remove what is no longer remembered."""
        for row in [*self._old("r|"), *self._old("e|")]:
            self._delete(row.key)

    @contextmanager
    def noting(self, queue: str, content: bytes) -> Iterator[None]:
        """Remember the error, if any, with which an attempt at a message ends, as far as storage answers."""
        try:
            yield
        except RejectedRequestError:
            raise  # the sender's fault is recorded with the message itself
        except Exception as error:
            self._note(queue, content, error)
            raise

    def last_error(self, queue: str, content: bytes) -> str:
        """Return what went wrong the last time, empty if that is not known."""
        row = self.table.get(PARTITION, f"e|{_name(queue, content)}")
        return str(row.values["error"]) if row and not self._is_old(row) else ""

    def _note(self, queue: str, content: bytes, error: Exception) -> None:
        # Whatever is not ours may quote what was sent, or a secret: its kind is enough, the log has the rest.
        text = error.message if isinstance(error, BridgeError) else type(error).__name__
        values: dict[str, tables.Value] = {"schema": SCHEMA, "error": text[:MAX_TEXT]}
        try:
            self.table.write(PARTITION, tables.upsert(f"e|{_name(queue, content)}", values))
        except TransientError as failure:
            log.warning("error not noted: %s", failure.message)

    def _old(self, prefix: str) -> list[Row]:
        return [row for row in self.table.range(PARTITION, prefix, prefix + keys.AFTER_ALL) if self._is_old(row)]

    def _is_old(self, row: Row) -> bool:
        return row.written_at + timedelta(seconds=self.times.resends_remembered) < self.table.clock.now()

    def _delete(self, key: str) -> None:
        try:
            self.table.write(PARTITION, tables.delete(key, tables.ANY))
        except RowChangedError:
            return


def _name(queue: str, content: bytes) -> str:
    return hashlib.sha256(queue.encode() + b"\0" + untraced(content)).hexdigest()[:32]

"""The lease of a lane: one worker at a time, and one that was overtaken cannot commit.

row `l|{lane}`: owner, generation.  It ends `times.lease` after its last write, judged by the storage service's
clock. Every transaction of the worker also writes this row `If-Match`: that renews the lease and fails, with
everything else in the transaction, once another worker has taken it.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import TransientError
from shared.storage import tables
from shared.storage.tables import Operation, Row, RowChangedError, Table, Value
from shared.tickets.rows import keys
from shared.times import Times

_RELEASED = ""
_TRIES = 3


class LeaseLostError(TransientError):
    """Another worker has the lane now; whatever this one still wanted to write is not written."""


@dataclass(slots=True)
class Lease:
    """A lane that we own as long as its row is the one of `etag`."""

    lane: int
    owner: str
    generation: int
    etag: str
    written: float
    """By our monotonic clock, before the write was sent."""

    def operation(self) -> Operation:
        """The write that every transaction of the lane's worker begins with."""
        return tables.replace(keys.lease_row(self.lane), _values(self.owner, self.generation), self.etag)


@dataclass(frozen=True, slots=True)
class Leases:
    """Takes and releases the leases of a table's lanes; every transaction of their workers renews them."""

    table: Table
    times: Times
    monotonic: Callable[[], float] = time.monotonic

    def take(self, connection: str, lane: int) -> Lease | None:
        """Return the lane's lease, or None while another worker has it."""
        row = self.table.get(connection, keys.lease_row(lane))
        if row and not self._is_over(row):
            return None
        generation = int(str(row.values["generation"])) + 1 if row else 1
        owner = secrets.token_hex(8)
        values = _values(owner, generation)
        started = self.monotonic()
        key = keys.lease_row(lane)
        try:
            write = tables.replace(key, values, row.etag) if row else tables.create(key, values)
            etag = self.table.write(connection, write)
        except RowChangedError:
            taken = Lease(lane, owner, generation, "", started)
            return taken if self.recover(connection, taken) else None
        return Lease(lane, owner, generation, etag, started)

    def may_send(self, lease: Lease) -> bool:
        """Whether a request that changes something may start: its answer comes before the lease ends."""
        return self.monotonic() - lease.written < self.times.send_window

    def renew(self, connection: str, lease: Lease) -> None:
        """Let the lease begin anew without writing anything else. Raises `LeaseLostError`."""
        started = self.monotonic()
        try:
            lease.etag = self.table.write(connection, lease.operation())
        except RowChangedError as error:
            if not self.recover(connection, lease):
                raise LeaseLostError("The lane has another worker now.") from error
        else:
            lease.written = started

    def recover(self, connection: str, lease: Lease) -> bool:
        """After a conflict: return whether the lane still is ours, and learn its row's etag if so.

        The SDK repeats a write whose answer was lost. If the first try was carried out, the second one conflicts
        with it; another worker would have written its own name.
        """
        row = self.table.get(connection, keys.lease_row(lease.lane))
        if row is None or row.values["owner"] != lease.owner:
            return False
        lease.etag = row.etag
        return True

    def release(self, connection: str, lease: Lease) -> None:
        """Let the next worker in at once; if we lost the lease already, nothing happens."""
        values = _values(_RELEASED, lease.generation)
        for _ in range(_TRIES):
            try:
                self.table.write(connection, tables.replace(keys.lease_row(lease.lane), values, lease.etag))
            except RowChangedError:
                if self.recover(connection, lease):
                    continue
            return

    def _is_over(self, row: Row) -> bool:
        over = row.written_at + timedelta(seconds=self.times.lease)
        return row.values["owner"] == _RELEASED or self.table.clock.now() > over


def _values(owner: str, generation: int) -> dict[str, Value]:
    return {"schema": 1, "owner": owner, "generation": generation}

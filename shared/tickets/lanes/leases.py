"""The lease of a lane: one worker at a time, and one that was overtaken cannot commit.

row `l|{lane}`: owner, generation, done_until. It ends `times.lease` after its last write, judged by the storage
service's clock. Every transaction of the worker also writes this row `If-Match`: that renews the lease and fails, with
everything else in the transaction, once another worker has taken it.

`done_until` is when a worker looked last and found nothing due. A wake-up for what was due before has nothing to say
any more. Where there are many of them, they would take most of the time, and so become ever more, if each asked.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.errors import TransientError
from shared.storage import tables
from shared.storage.tables import Operation, Row, RowChangedError, Table, Value
from shared.tickets.rows import keys
from shared.times import Times

_RELEASED = ""
_TRIES = 3
_CLOCK_STEP = timedelta(seconds=2)
"""The storage service's time is known to a second, to the sender of a wake-up and to a lane's worker."""
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


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
    done_until: datetime = _NEVER

    def operation(self) -> Operation:
        """The write that every transaction of the lane's worker begins with."""
        return tables.replace(
            keys.lease_row(self.lane), _values(self.owner, self.generation, self.done_until), self.etag
        )


@dataclass(frozen=True, slots=True)
class Leases:
    """Takes and releases the leases of a table's lanes; every transaction of their workers renews them."""

    table: Table
    times: Times
    monotonic: Callable[[], float] = time.monotonic
    _done_until: dict[tuple[str, int], datetime] = field(default_factory=dict, init=False)
    """As far as this process knows."""

    def take(self, connection: str, lane: int, until: datetime | None = None) -> Lease | None:
        """Return the lane's lease, or None while another worker has it, or if all that was due `until` then is done."""
        row = self.table.get(connection, keys.lease_row(lane))
        done_until = _done_until(row)
        self._note(connection, lane, done_until)
        if row and (not self._is_over(row) or self.is_done(connection, lane, until)):
            return None
        generation = int(str(row.values["generation"])) + 1 if row else 1
        owner = secrets.token_hex(8)
        values = _values(owner, generation, done_until)
        started = self.monotonic()
        key = keys.lease_row(lane)
        try:
            write = tables.replace(key, values, row.etag) if row else tables.create(key, values)
            etag = self.table.write(connection, write)
        except RowChangedError:
            taken = Lease(lane, owner, generation, "", started, done_until)
            return taken if self.recover(connection, taken) else None
        return Lease(lane, owner, generation, etag, started, done_until)

    def is_done(self, connection: str, lane: int, until: datetime | None) -> bool:
        """Whether all that was due until then is known to be done; asks nobody."""
        return until is not None and until + _CLOCK_STEP < self._done_until.get((connection, lane), _NEVER)

    def _note(self, connection: str, lane: int, done_until: datetime) -> None:
        self._done_until[connection, lane] = max(done_until, self._done_until.get((connection, lane), _NEVER))

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
        self._note(connection, lease.lane, lease.done_until)
        values = _values(_RELEASED, lease.generation, lease.done_until)
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


def _values(owner: str, generation: int, done_until: datetime) -> dict[str, Value]:
    return {"schema": 1, "owner": owner, "generation": generation, "done_until": done_until}


def _done_until(row: Row | None) -> datetime:
    found = row.values.get("done_until") if row else None
    return found if isinstance(found, datetime) else _NEVER  # the version before did not say

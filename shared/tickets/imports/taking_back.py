"""Takes an import back: the work items that it made and nobody touched go to the recycle bin.

A round marks each row that the import made as withdrawn, together with its pending row; the lanes do the rest
(`tickets/work/withdrawing`) and delete the row, or say in it why the work item stays. It is over when no row of the
import is left that is not explained. Every step may be done twice, and the sweep asks for the round until then.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import batched
from typing import Any, Literal, TypedDict, cast

from shared.connections.models import ConnectionState
from shared.connections.store import ConnectionStore
from shared.errors import ConflictError
from shared.shown import Moment
from shared.storage import tables
from shared.storage.queues import Queue
from shared.storage.sizes import MAX_OPERATIONS
from shared.storage.tables import Operation, Row, RowChangedError, Table
from shared.tickets.imports.records import Imports, Progress, Record
from shared.tickets.lanes.pending import due_at_once
from shared.tickets.lanes.wake_ups import WakeUps
from shared.tickets.rows import keys
from shared.tickets.vulnerabilities import origins
from shared.times import Times

SCHEMA = 1
ROUND = "take_back"
_MOST_LISTED = 1_000
_PART = MAX_OPERATIONS // 2
_LIGHT = ("ticket", *origins.PROPERTIES)


class LeftView(TypedDict):
    """A ticket whose work item stays, and why."""

    ticket: str
    reason: Literal["touched", "detached", "refused", "reported", "unknown"]


ImportView = TypedDict(
    "ImportView",
    {
        "import": str,
        "status": Progress,
        "at": Moment,
        "figures": dict[str, int],
        "tickets": int,
        "taken_back": int,
        "left": list[LeftView],
        "more_left": int,
    },
)
"""An import. `figures` are those of its answer; `tickets` are still to be taken back, or are there if nobody asked."""


@dataclass(frozen=True, slots=True)
class TakeBack:
    """The use cases behind `DELETE` and `GET /imports/{import}`, and their round."""

    table: Table
    imports: Imports
    connections: ConnectionStore
    queue: Queue
    wake_ups: WakeUps
    times: Times

    def start(self, import_id: str) -> ImportView:
        """Begin to take an import back and return how that stands; doing so again changes nothing.

        Raises `NotFoundError`, and `ConflictError` (409) while the report may still be coming in.
        """
        record = self.imports.get(import_id)
        if record.status == "taking" and (self.table.clock.now() - record.at).total_seconds() < self.times.lease:
            raise ConflictError(
                "The import is not finished yet, and it made more rows than can be seen now.",
                hint="Try again when its answer came, or in 5 minutes if that was lost.",
                status=409,
            )
        if not (record.undoing or record.undone):
            self.imports.begin_undo(import_id, sum(1 for _ in self._rows(import_id)))
        if not record.undone:
            self._ask(import_id)
        return self.view(import_id)

    def view(self, import_id: str) -> ImportView:
        """Return what the API shows of an import. Raises `NotFoundError`."""
        record = self.imports.get(import_id)
        rows = list(self._rows(import_id))
        left = [(connection, row) for connection, row in rows if origins.why_left(row)]
        return {
            "import": import_id,
            "status": record.status,
            "at": record.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "figures": dict(record.figures),
            "tickets": len(rows) - len(left),
            "taken_back": _taken_back(record, len(rows)),
            "left": [_left(*entry) for entry in left[:_MOST_LISTED]],
            "more_left": max(len(left) - _MOST_LISTED, 0),
        }

    def carry_on(self) -> None:
        """Ask for the round of every import that is being taken back."""
        for import_id in self.imports.undoing():
            self._ask(import_id)

    def run(self, message: Mapping[str, Any]) -> None:
        """Withdraw what the import made, as far as there is time; end its undo when nothing is left to do."""
        import_id = str(message["import"])
        end = time.monotonic() + self.times.drain
        waiting: dict[str, list[Row]] = {}
        for connection, row in self._rows(import_id):
            if not origins.why_left(row):
                waiting.setdefault(connection, []).append(row)
        for connection, rows in waiting.items():
            if not self._withdraw(connection, rows, end):
                self._ask(import_id)
                return
        if not waiting:
            self.imports.end_undo(import_id)

    def _withdraw(self, connection: str, rows: list[Row], end: float) -> bool:
        """Mark the rows that are not marked yet, and those whose pending row is gone; False when time is up."""
        todo, write = rows, _stays
        if self._is_active(connection):
            pending = self._pending(connection)
            todo = [row for row in rows if not (origins.is_withdrawn(row) and row.values["ticket"] in pending)]
            write = _withdrawal
        reported = [row for row in todo if origins.is_reported(row) and not origins.is_withdrawn(row)]
        steps = [(reported, _reported), ([row for row in todo if row not in reported], write)]
        for part, writes in ((part, writes) for some, writes in steps for part in batched(some, _PART, strict=False)):
            self._mark(connection, list(part), writes)
            if time.monotonic() > end:
                return False
        return True

    def _is_active(self, connection: str) -> bool:
        """Whether somebody works on its lanes, or will."""
        found = self.connections.find(connection)
        return found is not None and found.state is ConnectionState.ACTIVE

    def _mark(self, connection: str, rows: list[Row], write: "_Write") -> None:
        while rows:
            try:
                self.table.transact(connection, _operations(map(write, rows)))
            except RowChangedError as error:  # a snapshot came meanwhile: the next round judges it
                del rows[error.index]
            else:
                break
        for lane in sorted({keys.lane_of(str(row.values["ticket"])) for row in rows}):
            self.wake_ups.send(connection, lane)

    def _pending(self, connection: str) -> set[str]:
        prefix = keys.pending_rows()
        rows = self.table.range(connection, prefix, prefix + keys.AFTER_ALL, select=("due",))
        return {keys.ticket_of_pending(row.key) for row in rows}

    def _rows(self, import_id: str) -> Iterator[tuple[str, Row]]:
        """Yield the rows that the import made, with their connections."""
        for connection, asset in self.imports.places(import_id):
            rows = self.table.range(
                connection,
                f"v|{asset}",
                f"v|{asset}{keys.AFTER_ALL}",
                where="import eq @import",
                parameters={"import": import_id},
                select=_LIGHT,
            )
            yield from ((connection, row) for row in rows)

    def _ask(self, import_id: str) -> None:
        self.queue.send({"schema": SCHEMA, "round": ROUND, "import": import_id})


type _Write = Callable[[Row], tuple[Operation, ...]]


def _operations(writes: Iterable[tuple[Operation, ...]]) -> list[Operation]:
    """First the marks, in the order of their rows; then what follows from them, once for the members of one group."""
    marks: list[Operation] = []
    following: dict[str, Operation] = {}
    for mark, *more in writes:
        marks.append(mark)
        following |= {one.key: one for one in more}
    return [*marks, *following.values()]


def _withdrawal(row: Row) -> tuple[Operation, ...]:
    withdrawn = tables.merge(row.key, origins.WITHDRAWN, row.etag)
    return withdrawn, due_at_once(str(row.values["ticket"]))


def _reported(row: Row) -> tuple[Operation, ...]:
    return (tables.merge(row.key, origins.left(origins.REPORTED), row.etag),)


def _stays(row: Row) -> tuple[Operation, ...]:
    """Its connection is deleted: no worker would ever find it."""
    return (tables.merge(row.key, origins.left(origins.DETACHED), row.etag),)


def _taken_back(record: Record, rows: int) -> int:
    return max(record.made - rows, 0) if record.undoing or record.undone else 0


def _left(connection: str, row: Row) -> LeftView:
    ticket = keys.public_id(connection, str(row.values["ticket"]))
    return {"ticket": ticket, "reason": cast("Any", origins.why_left(row))}

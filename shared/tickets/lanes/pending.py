"""The pending row of a ticket: it needs work, now or from a later moment on."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import batched

from shared.storage import tables
from shared.storage.sizes import MAX_OPERATIONS
from shared.storage.tables import Operation, Row, RowChangedError, Table
from shared.telemetry import traces
from shared.tickets.rows import keys

_SCHEMA = 1
_PATIENCE = 3
"""Tries for an item that is nowhere: what cannot be seen for some minutes may just be away."""
_MOST_TRIES = 50
"""About a day: all but the first ones are half an hour apart."""
_AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)
"""The due time of what need not wait; a fixed one, for clocks differ."""


def due_at_once(ticket: str, *, asked: bool = False) -> Operation:
    """Return the write that makes a ticket need work now; `asked`: a person wants it tried whatever is remembered.

    What comes of it belongs to the current trace.
    """
    values: dict[str, tables.Value] = {"schema": _SCHEMA, "due": _AT_ONCE, "tries": 0, "asked": asked}
    if here := traces.traceparent():
        values[traces.PROPERTY] = here
    return tables.upsert(keys.pending_row(ticket), values)


def due_later(row: Row, now: datetime, seconds: float) -> Operation:
    """Return the write that lets a ticket wait, unless a newer snapshot has renewed its row."""
    values: dict[str, tables.Value] = {"due": now + timedelta(seconds=seconds), "tries": tries(row) + 1}
    return tables.merge(row.key, values, row.etag)


def due_at(row: Row, moment: datetime) -> Operation:
    """Return the write that lets a ticket wait for a moment, unless a newer snapshot has renewed its row."""
    return tables.merge(row.key, {"due": moment}, row.etag)


def write_each(table: Table, connection: str, operations: Sequence[Operation]) -> None:
    """Write those of many that still may be: what a row was renewed for is not put off."""
    for part in batched(operations, MAX_OPERATIONS, strict=False):
        try:
            table.transact(connection, part)
        except RowChangedError:
            for operation in part:
                with suppress(RowChangedError):
                    table.write(connection, operation)


def tries(row: Row) -> int:
    """How often the ticket was put off since its newest snapshot."""
    return int(str(row.values.get("tries", 0)))


def is_patient(row: Row) -> bool:
    """Whether an item that is neither there nor in the recycle bin is just looked for again: nobody is told yet."""
    return tries(row) < _PATIENCE


def is_given_up(row: Row) -> bool:
    """Whether it was put off for about a day."""
    return tries(row) >= _MOST_TRIES


def is_asked(row: Row) -> bool:
    """Whether a person asked for it."""
    return bool(row.values.get("asked", False))


def cause(row: Row) -> str:
    """The `traceparent` of what made it due; empty if that had no trace."""
    return str(row.values.get(traces.PROPERTY, ""))

"""Accepts snapshots: the newest one of each vulnerability is kept, and its ticket is marked as needing work.

The snapshot's rows and the pending row change together; the wake-up follows. Whatever dies in between, the sweep
finds the pending row. Accept and work never write the same row, but for the pending one, which accept renews and
work deletes only as long as it is the one that work saw. A vulnerability whose group is another one than before leaves
one ticket and joins the other in the same transaction, and both need work.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from shared.connections.defaults import BY_ITSELF
from shared.errors import TransientError
from shared.storage import tables
from shared.storage.sizes import MAX_OPERATIONS, MAX_TRANSACTION_BYTES, body_size
from shared.storage.tables import Operation, Row, RowChangedError, Table
from shared.telemetry import metrics
from shared.tickets.intake.grouping import Grouping, ticket_of
from shared.tickets.lanes.pending import due_at_once
from shared.tickets.lanes.wake_ups import WakeUps
from shared.tickets.rows import keys
from shared.tickets.rows.arrivals import LIGHT, SCHEMA, Arrival, position_values, read_position, row_values
from shared.tickets.vulnerabilities import origins
from shared.tickets.vulnerabilities.snapshots import Status, Vulnerability

_TRIES = 8


def _unheard(_: Vulnerability) -> None:
    """Nobody wants to know."""


class Outcome(StrEnum):
    """What a snapshot did."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class _Decision:
    """What is to be written for a snapshot that belongs to a ticket, and to `left` before."""

    outcome: Outcome
    ticket: str
    left: str = ""
    operations: tuple[Operation, ...] = ()

    @property
    def tickets(self) -> set[str]:
        """Those that need work."""
        return {self.ticket, self.left} - {""}


type _Decided = tuple[Arrival, _Decision]


@dataclass(frozen=True, slots=True)
class Accept:
    """The use case: snapshots of a connection in, rows and wake-ups out."""

    table: Table
    wake_ups: WakeUps
    noticed: Callable[[Vulnerability], None] = _unheard
    """Hears each snapshot that says something new, before it is stored."""

    def one(self, connection: str, arrival: Arrival, grouping: Grouping) -> str:
        """Accept a single snapshot and return its ticket: one read, and one transaction if it changes something."""
        stored = self.table.get(connection, arrival.row)
        done = self._accept(connection, [(arrival, _decide(arrival, stored, grouping))], grouping)
        return done[0].ticket

    def known(self, connection: str, asset: str) -> Iterator[Row]:
        """Yield what tells whether a snapshot of an asset changes anything: all its rows in order, by ranges."""
        prefix = f"v|{asset}"
        return self.table.range(connection, prefix, prefix + keys.AFTER_ALL, select=LIGHT)

    def some_known(self, connection: str, rows: Iterable[str]) -> dict[str, Row]:
        """Return the same of some snapshots, one read each."""
        found = (self.table.get(connection, row) for row in rows)
        return {row.key: row for row in found if row}

    def many(
        self, connection: str, arrivals: Sequence[Arrival], known: Mapping[str, Row], grouping: Grouping
    ) -> Counter[Outcome]:
        """Accept snapshots of different vulnerabilities, of which `known` are the stored rows.

        Raises `TransientError` when storage does not take them; those already taken change nothing when they
        are sent again.
        """
        outcomes: Counter[Outcome] = Counter()
        decided = [(arrival, _decide(arrival, known.get(arrival.row), grouping)) for arrival in arrivals]
        for batch in _batches(decided):
            outcomes.update(decision.outcome for decision in self._accept(connection, batch, grouping))
        return outcomes

    def _accept(self, connection: str, batch: list[_Decided], grouping: Grouping) -> list[_Decision]:
        """Write a batch; returns what was decided for each at first, with the tickets that they belong to now."""
        # A conflict may be with our own write, whose answer was lost and which the SDK repeated: what was to be
        # changed at first is woken and counted as changed, even if by then it stands there.
        first = batch
        for arrival, decision in batch:
            if decision.outcome is Outcome.CHANGED:
                self.noticed(arrival.vulnerability)
        for _ in range(_TRIES):
            operations = _each_once(batch)
            try:
                if operations:
                    self.table.transact(connection, operations)
            except RowChangedError:
                batch = [(arrival, self._decide_again(connection, arrival, grouping)) for arrival, _ in batch]
                continue
            self._wake(connection, [*first, *batch])
            done = [_ended(before, after) for (_, before), (_, after) in zip(first, batch, strict=True)]
            for outcome, count in Counter(decision.outcome for decision in done).items():
                metrics.snapshots.add(count, {"outcome": outcome})
            return done
        raise TransientError("The same vulnerabilities are being changed by too many senders at once.")

    def _decide_again(self, connection: str, arrival: Arrival, grouping: Grouping) -> _Decision:
        return _decide(arrival, self.table.get(connection, arrival.row), grouping)

    def _wake(self, connection: str, batch: Iterable[_Decided]) -> None:
        changed = (decision for _, decision in batch if decision.outcome is Outcome.CHANGED)
        for lane in sorted({keys.lane_of(ticket) for decision in changed for ticket in decision.tickets}):
            self.wake_ups.send(connection, lane)


def _decide(arrival: Arrival, stored: Row | None, grouping: Grouping) -> _Decision:
    if arrival.origin.gone_from and not _is_gone(arrival, stored):
        return _still_found(arrival, stored)
    expression = grouping.of(stored)
    ticket = ticket_of(arrival.vulnerability, expression)
    if stored is None:
        return _changed(arrival, None, ticket, expression)
    position = read_position(stored)
    if arrival.position.is_older_than(position):
        return _Decision(Outcome.OUTDATED, str(stored.values["ticket"]))
    is_here = (ticket, expression) == (stored.values["ticket"], stored.values.get("grouping", BY_ITSELF))
    says_the_same = stored.values["fingerprint"] == arrival.fingerprint and not origins.is_withdrawn(stored)
    if not (is_here and says_the_same):
        return _changed(arrival, stored, ticket, expression)
    whose = origins.values(arrival.origin, stored)
    if arrival.position == position and whose["scans"] == stored.values.get("scans"):
        return _Decision(Outcome.UNCHANGED, ticket)
    # Confirmed as of later: what arrives late from before this moment must not overwrite it.
    confirmed = tables.merge(arrival.row, {**position_values(arrival.position), **whose}, stored.etag)
    return _Decision(Outcome.UNCHANGED, ticket, "", (confirmed,))


def _ended(first: _Decision, last: _Decision) -> _Decision:
    """Return what a snapshot did: by what was decided at first, unless somebody else's was newer."""
    return last if last.outcome is Outcome.OUTDATED else replace(first, ticket=last.ticket)


def _is_gone(arrival: Arrival, stored: Row | None) -> bool:
    """Whether what scans do not have any more is open, and no other scan has found it meanwhile; or is so marked."""
    if stored is None:
        return False
    is_open = stored.values["status"] == Status.OPEN and not origins.is_withdrawn(stored)
    is_marked = stored.values["fingerprint"] == arrival.fingerprint
    return is_marked or (is_open and arrival.origin.gone_from.issuperset(origins.scans_of(stored)))


def _still_found(arrival: Arrival, stored: Row | None) -> _Decision:
    """The scans that do not have it any more are forgotten, and nothing else changes."""
    if stored is None:
        return _Decision(Outcome.OUTDATED, "")
    left = [mark for mark in origins.scans_of(stored) if mark not in arrival.origin.gone_from]
    forgotten = tables.merge(stored.key, {"scans": " ".join(left)}, stored.etag)
    return _Decision(Outcome.OUTDATED, str(stored.values["ticket"]), "", (forgotten,))


def _changed(arrival: Arrival, stored: Row | None, ticket: str, expression: str) -> _Decision:
    """Return the rows of a snapshot; its own one is written as it was read, and so guards the others."""
    row = arrival.row
    before = str(stored.values["ticket"]) if stored else ""
    values = {**row_values(arrival, ticket, expression, stored), **origins.values(arrival.origin, stored)}
    written = tables.replace(row, values, stored.etag) if stored else tables.create(row, values)
    joins = ticket != before and row != keys.snapshot_of(ticket)
    member = [tables.upsert(keys.member_row(ticket, row), {"schema": SCHEMA})] if joins else []
    left = before if before != ticket else ""
    due = [due_at_once(one) for one in (ticket, left) if one]
    return _Decision(Outcome.CHANGED, ticket, left, (written, *member, *due))


def _each_once(batch: Iterable[_Decided]) -> list[Operation]:
    """Members of one group share its pending row, and a transaction may name a row only once."""
    operations = {operation.key: operation for _, decision in batch for operation in decision.operations}
    return list(operations.values())


def _batches(decided: Iterable[_Decided]) -> Iterator[list[_Decided]]:
    """Cut into what fits one transaction, each vulnerability once in each."""
    batch: dict[str, _Decided] = {}
    rows: set[str] = set()
    size = 0
    for arrival, decision in decided:
        needed = sum(map(body_size, decision.operations))
        wanted = rows | {operation.key for operation in decision.operations}
        if batch and (len(wanted) > MAX_OPERATIONS or size + needed > MAX_TRANSACTION_BYTES or arrival.row in batch):
            yield list(batch.values())
            batch, size, rows = {}, 0, set()
        batch[arrival.row] = (arrival, decision)
        rows |= {operation.key for operation in decision.operations}
        size += needed
    if batch:
        yield list(batch.values())

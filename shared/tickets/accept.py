"""Accepts snapshots: the newest one of each vulnerability is kept, and its ticket is marked as needing work.

The snapshot's rows and the pending row change together; the wake-up follows. Whatever dies in between, the sweep
finds the pending row. Accept and work never write the same row, but for the pending one, which accept renews and
work deletes only as long as it is the one that work saw. A vulnerability whose group is another one than before leaves
one ticket and joins the other in the same transaction, and both need work.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from shared.connections.defaults import BY_ITSELF
from shared.errors import TransientError
from shared.storage import tables
from shared.storage.tables import Operation, Row, RowChangedError, Table, checked_size
from shared.tickets import keys
from shared.tickets.arrivals import LIGHT, SCHEMA, Arrival, head_values, position_values, read_position, snapshot_values
from shared.tickets.grouping import Grouping, ticket_of
from shared.tickets.members import LEFT
from shared.tickets.pending import due_at_once
from shared.tickets.wake_ups import WakeUps

_TRIES = 8
_MAX_BYTES = 3 * 1024 * 1024


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

    def one(self, connection: str, arrival: Arrival, grouping: Grouping) -> str:
        """Accept a single snapshot and return its ticket: one read, and one transaction if it changes something."""
        stored = self.table.get(connection, arrival.row)
        done = self._accept(connection, [(arrival, _decide(arrival, stored, grouping))], grouping)
        return done[0].ticket

    def known(self, connection: str, asset: str) -> dict[str, Row]:
        """Return what tells whether a snapshot of an asset changes anything, in one range read."""
        prefix = f"v|{asset}"
        rows = self.table.range(connection, prefix, prefix + keys.AFTER_ALL, select=LIGHT)
        return {row.key: row for row in rows}

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
        for _ in range(_TRIES):
            operations = _each_once(batch)
            try:
                if operations:
                    self.table.transact(connection, operations)
            except RowChangedError:
                batch = [(arrival, self._decide_again(connection, arrival, grouping)) for arrival, _ in batch]
                continue
            self._wake(connection, [*first, *batch])
            pairs = zip(first, batch, strict=True)
            return [replace(before, ticket=after.ticket) for (_, before), (_, after) in pairs]
        raise TransientError("The same vulnerabilities are being changed by too many senders at once.")

    def _decide_again(self, connection: str, arrival: Arrival, grouping: Grouping) -> _Decision:
        return _decide(arrival, self.table.get(connection, arrival.row), grouping)

    def _wake(self, connection: str, batch: Iterable[_Decided]) -> None:
        changed = (decision for _, decision in batch if decision.outcome is Outcome.CHANGED)
        for lane in sorted({keys.lane_of(ticket) for decision in changed for ticket in decision.tickets}):
            self.wake_ups.send(connection, lane)


def _decide(arrival: Arrival, stored: Row | None, grouping: Grouping) -> _Decision:
    expression = grouping.of(stored)
    ticket = ticket_of(arrival.vulnerability, expression)
    if stored is None:
        return _Decision(Outcome.CHANGED, ticket, "", _writes(arrival, ticket, expression, None))
    before = str(stored.values["ticket"])
    position = read_position(stored)
    if arrival.position.is_older_than(position):
        return _Decision(Outcome.OUTDATED, before)
    is_here = ticket == before and expression == stored.values.get("grouping", BY_ITSELF)
    if stored.values["fingerprint"] != arrival.fingerprint or not is_here:
        left = before if ticket != before else ""
        return _Decision(Outcome.CHANGED, ticket, left, _writes(arrival, ticket, expression, stored))
    if arrival.position == position:
        return _Decision(Outcome.UNCHANGED, ticket)
    # Confirmed as of later: what arrives late from before this moment must not overwrite it.
    confirmed = tables.merge(arrival.row, position_values(arrival.position), stored.etag)
    return _Decision(Outcome.UNCHANGED, ticket, "", (confirmed,))


def _writes(arrival: Arrival, ticket: str, expression: str, stored: Row | None) -> tuple[Operation, ...]:
    """Return the rows of a snapshot; its own one is written first, as it was read, and so guards the others."""
    row = arrival.row
    head, snapshot = head_values(arrival, ticket, expression), snapshot_values(arrival)
    is_alone = row == keys.snapshot_of(ticket)
    own = {**head, **snapshot} if is_alone else head
    found = [tables.replace(row, own, stored.etag) if stored else tables.create(row, own)]
    if not is_alone:
        found.append(tables.upsert(keys.member_row(ticket, row), {"schema": SCHEMA, **snapshot}))
    found.append(due_at_once(ticket))
    before = str(stored.values["ticket"]) if stored else ticket
    if before != ticket:
        if row != keys.snapshot_of(before):
            found.append(tables.upsert(keys.member_row(before, row), LEFT))
        found.append(due_at_once(before))
    return tuple(found)


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
        needed = sum(checked_size(operation) for operation in decision.operations)
        wanted = rows | {operation.key for operation in decision.operations}
        if batch and (len(wanted) > tables.MAX_OPERATIONS or size + needed > _MAX_BYTES or arrival.row in batch):
            yield list(batch.values())
            batch, size, rows = {}, 0, set()
        batch[arrival.row] = (arrival, decision)
        rows |= {operation.key for operation in decision.operations}
        size += needed
    if batch:
        yield list(batch.values())

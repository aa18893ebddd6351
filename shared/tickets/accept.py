"""Accepts snapshots: the newest one of each vulnerability is kept, and its ticket is marked as needing work.

The snapshot's row and the pending row change together; the wake-up follows. Whatever dies in between, the sweep
finds the pending row. Accept and work never write the same row, but for the pending one, which accept renews and
work deletes only as long as it is the one that work saw.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.errors import TransientError
from shared.storage import tables
from shared.storage.tables import Operation, Row, RowChangedError, Table, checked_size
from shared.tickets import keys, origins
from shared.tickets.arrivals import LIGHT, Arrival, position_values, read_position, row_values
from shared.tickets.pending import due_at_once
from shared.tickets.wake_ups import WakeUps

_TRIES = 8
_MAX_BYTES = 3 * 1024 * 1024
_MAX_SNAPSHOTS = tables.MAX_OPERATIONS // 2


class Outcome(StrEnum):
    """What a snapshot did."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class _Decision:
    outcome: Outcome
    operations: tuple[Operation, ...]


type _Decided = tuple[Arrival, _Decision]


@dataclass(frozen=True, slots=True)
class Accept:
    """The use case: snapshots of a connection in, rows and wake-ups out."""

    table: Table
    wake_ups: WakeUps

    def one(self, connection: str, arrival: Arrival) -> Outcome:
        """Accept a single snapshot: one read, and one transaction if it changes something."""
        row = self.table.get(connection, arrival.row)
        known = {arrival.row: row} if row else {}
        return next(iter(self.many(connection, [arrival], known)))

    def known(self, connection: str, asset: str) -> dict[str, Row]:
        """Return what tells whether a snapshot of an asset changes anything, in one range read."""
        prefix = f"v|{asset}"
        rows = self.table.range(connection, prefix, prefix + keys.AFTER_ALL, select=LIGHT)
        return {row.key: row for row in rows}

    def many(self, connection: str, arrivals: Sequence[Arrival], known: Mapping[str, Row]) -> Counter[Outcome]:
        """Accept snapshots of different vulnerabilities, of which `known` are the stored rows.

        Raises `TransientError` when storage does not take them; those already taken change nothing when they
        are sent again.
        """
        outcomes: Counter[Outcome] = Counter()
        for batch in _batches([(arrival, _decide(arrival, known.get(arrival.row))) for arrival in arrivals]):
            outcomes.update(self._accept(connection, batch))
        return outcomes

    def _accept(self, connection: str, batch: list[_Decided]) -> list[Outcome]:
        # A conflict may be with our own write, whose answer was lost and which the SDK repeated: what was to be
        # changed at first is woken and counted as changed, even if by then it stands there.
        first = batch
        for _ in range(_TRIES):
            operations = [operation for _, decision in batch for operation in decision.operations]
            try:
                if operations:
                    self.table.transact(connection, operations)
            except RowChangedError:
                batch = [(arrival, self._decide_again(connection, arrival)) for arrival, _ in batch]
                continue
            self._wake(connection, [*first, *batch])
            return [decision.outcome for _, decision in first]
        raise TransientError("The same vulnerabilities are being changed by too many senders at once.")

    def _decide_again(self, connection: str, arrival: Arrival) -> _Decision:
        return _decide(arrival, self.table.get(connection, arrival.row))

    def _wake(self, connection: str, batch: Iterable[_Decided]) -> None:
        changed = (arrival for arrival, decision in batch if decision.outcome is Outcome.CHANGED)
        for lane in sorted({keys.lane_of(arrival.ticket) for arrival in changed}):
            self.wake_ups.send(connection, lane)


def _decide(arrival: Arrival, stored: Row | None) -> _Decision:
    whose = origins.values(arrival.origin, stored)
    if stored is None:
        snapshot = tables.create(arrival.row, {**row_values(arrival), **whose})
        return _Decision(Outcome.CHANGED, (snapshot, due_at_once(arrival.ticket)))
    position = read_position(stored)
    if arrival.position.is_older_than(position):
        return _Decision(Outcome.OUTDATED, ())
    if stored.values["fingerprint"] != arrival.fingerprint or origins.is_withdrawn(stored):
        snapshot = tables.replace(arrival.row, {**row_values(arrival), **whose}, stored.etag)
        return _Decision(Outcome.CHANGED, (snapshot, due_at_once(arrival.ticket)))
    if arrival.position == position and whose["scans"] == stored.values.get("scans"):
        return _Decision(Outcome.UNCHANGED, ())
    # Confirmed as of later: what arrives late from before this moment must not overwrite it.
    confirmed = tables.merge(arrival.row, {**position_values(arrival.position), **whose}, stored.etag)
    return _Decision(Outcome.UNCHANGED, (confirmed,))


def _batches(decided: Iterable[_Decided]) -> Iterator[list[_Decided]]:
    """Cut into what fits one transaction, each vulnerability once in each."""
    batch: dict[str, _Decided] = {}
    size = 0
    for arrival, decision in decided:
        needed = sum(checked_size(operation) for operation in decision.operations)
        if batch and (len(batch) == _MAX_SNAPSHOTS or size + needed > _MAX_BYTES or arrival.row in batch):
            yield list(batch.values())
            batch, size = {}, 0
        batch[arrival.row] = (arrival, decision)
        size += needed
    if batch:
        yield list(batch.values())

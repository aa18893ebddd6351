"""Accepts snapshots: the newest one of each vulnerability is kept, and its ticket is marked as needing work.

The snapshot's rows and the pending row change together; the wake-up follows. Whatever dies in between, the sweep
finds the pending row. Accept and work never write the same row, but for the pending one, which accept renews and
work deletes only as long as it is the one that work saw. A vulnerability whose group is another one than before leaves
one ticket and joins the other in the same transaction, and both need work.

What several senders bring at the same moment is written by one transaction. After some that were all new the next one
is taken to be new, too, and not looked for: its row is one that must not exist, and is read where that was wrong.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from enum import StrEnum

from shared.connections.defaults import BY_ITSELF
from shared.errors import TransientError
from shared.storage import tables
from shared.storage.sizes import MAX_OPERATIONS, MAX_TRANSACTION_BYTES, body_size
from shared.storage.tables import Operation, Row, RowChangedError, Table
from shared.telemetry import metrics
from shared.tickets.intake.gathering import Gathering
from shared.tickets.intake.grouping import Grouping, ticket_of
from shared.tickets.lanes.pending import due_at_once
from shared.tickets.lanes.wake_ups import WakeUps
from shared.tickets.rows import keys
from shared.tickets.rows.arrivals import LIGHT, SCHEMA, Arrival, position_values, read_position, row_values
from shared.tickets.vulnerabilities import origins
from shared.tickets.vulnerabilities.snapshots import Status, Vulnerability

_TRIES = 8
_TOGETHER = 32
_SURELY = 8
"""So many of a connection were new, one after the other."""


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


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A snapshot, and what was decided for it at first. `decide` does so again by its row, in its sender's trace."""

    arrival: Arrival
    decision: _Decision
    decide: Callable[[Row | None], _Decision]
    is_guess: bool = False


@dataclass(slots=True)
class Accept:
    """The use case: snapshots of a connection in, rows and wake-ups out."""

    table: Table
    wake_ups: WakeUps
    noticed: Callable[[Vulnerability], None] = _unheard
    """Hears each snapshot that may say something new, before it is stored."""
    _new: Counter[str] = field(default_factory=Counter, init=False)
    """How many of a connection were new, one after the other."""
    _gathering: Gathering[_Wanted, _Decision] = field(init=False)

    def __post_init__(self) -> None:
        """Let senders gather."""
        self._gathering = Gathering(self._several, _TOGETHER)

    def one(self, connection: str, arrival: Arrival, grouping: Grouping) -> str:
        """Accept a single snapshot and return its ticket: one read at most, and its part of one transaction if it
        changes something."""

        def decide(stored: Row | None) -> _Decision:
            return trace.run(_decide, arrival, stored, grouping)

        trace = copy_context()
        is_guess = self._new[connection] >= _SURELY and not arrival.origin.gone_from
        stored = None if is_guess else self.table.get(connection, arrival.row)
        wanted = _Wanted(arrival, decide(stored), decide, is_guess)
        changes = bool(wanted.decision.operations)  # who changes nothing waits for nobody
        done = self._gathering(connection, wanted) if changes else self._accept(connection, [wanted])[0]
        is_new = done is wanted.decision if is_guess else stored is None
        self._new[connection] = self._new[connection] + 1 if is_new else 0
        return done.ticket

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
        for batch in _batches(_wanted(arrival, known.get(arrival.row), grouping) for arrival in arrivals):
            outcomes.update(decision.outcome for decision in self._accept(connection, batch))
        return outcomes

    def _several(self, connection: str, wanted: Sequence[_Wanted]) -> list[_Decision | BaseException]:
        """Accept what several senders want, of whom each hears what came of its own."""
        done: list[_Decision | BaseException] = []
        for batch in _batches(wanted):
            try:
                done += self._accept(connection, batch)
            except TransientError as error:
                done += [error] * len(batch)
            except Exception:  # noqa: BLE001  one of them is to blame: the others go on without it
                done += [self._alone(connection, one) for one in batch]
        return done

    def _alone(self, connection: str, wanted: _Wanted) -> _Decision | Exception:
        try:
            return self._accept(connection, [wanted])[0]
        except Exception as error:  # noqa: BLE001  raised where its sender waits
            return error

    def _accept(self, connection: str, first: Sequence[_Wanted]) -> list[_Decision]:
        """Write a batch; returns what was decided for each at first, with the tickets that they belong to now."""
        # A conflict may be with our own write, whose answer was lost and which the SDK repeated: what was to be
        # changed at first is woken and counted as changed, even if by then it stands there. (But for a guess.)
        decisions = [one.decision for one in first]
        for one in first:
            if one.decision.outcome is Outcome.CHANGED:
                self.noticed(one.arrival.vulnerability)
        for _ in range(_TRIES):
            operations = _each_once(decisions)
            try:
                if operations:
                    self.table.transact(connection, operations)
            except RowChangedError:
                decisions = [one.decide(self.table.get(connection, one.arrival.row)) for one in first]
                continue
            self._wake(connection, [*(one.decision for one in first), *decisions])
            done = [_ended(one, decision) for one, decision in zip(first, decisions, strict=True)]
            for outcome, count in Counter(decision.outcome for decision in done).items():
                metrics.snapshots.add(count, {"outcome": outcome})
            return done
        raise TransientError("The same vulnerabilities are being changed by too many senders at once.")

    def _wake(self, connection: str, decisions: Iterable[_Decision]) -> None:
        changed = (decision for decision in decisions if decision.outcome is Outcome.CHANGED)
        for lane in sorted({keys.lane_of(ticket) for decision in changed for ticket in decision.tickets}):
            self.wake_ups.send(connection, lane)


def _wanted(arrival: Arrival, stored: Row | None, grouping: Grouping) -> _Wanted:
    def decide(row: Row | None) -> _Decision:
        return _decide(arrival, row, grouping)

    return _Wanted(arrival, decide(stored), decide)


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


def _ended(wanted: _Wanted, last: _Decision) -> _Decision:
    """Return what a snapshot did: by what was decided at first, unless somebody else's was newer, or it was a guess."""
    first = wanted.decision
    if last is first or wanted.is_guess or last.outcome is Outcome.OUTDATED:
        return last
    return replace(first, ticket=last.ticket)


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


def _each_once(decisions: Iterable[_Decision]) -> list[Operation]:
    """Members of one group share its pending row, and a transaction may name a row only once."""
    operations = {operation.key: operation for decision in decisions for operation in decision.operations}
    return list(operations.values())


def _batches(wanted: Iterable[_Wanted]) -> Iterator[list[_Wanted]]:
    """Cut into what fits one transaction, each vulnerability once in each."""
    batch: dict[str, _Wanted] = {}
    rows: set[str] = set()
    size = 0
    for one in wanted:
        operations, row = one.decision.operations, one.arrival.row
        needed = sum(map(body_size, operations))
        together = rows | {operation.key for operation in operations}
        if batch and (len(together) > MAX_OPERATIONS or size + needed > MAX_TRANSACTION_BYTES or row in batch):
            yield list(batch.values())
            batch, size, rows = {}, 0, set()
        batch[row] = one
        rows |= {operation.key for operation in operations}
        size += needed
    if batch:
        yield list(batch.values())

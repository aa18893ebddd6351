"""The one writer of what happened to tickets: ticket, work item, history and outbox rows change together.

A change is a function of the ticket as it is stored, so when somebody else wrote the row first (an event that
overtook the answer that it reports), the ticket is read again and the same change is made to what it is now.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared.errors import TransientError
from shared.storage import tables
from shared.storage.sizes import MAX_OPERATIONS
from shared.storage.tables import ANY, Operation, Row, RowChangedError, Table
from shared.telemetry import metrics, traces
from shared.tickets.lanes.leases import Lease, LeaseLostError, Leases
from shared.tickets.lanes.pending import due_at_once
from shared.tickets.life import views
from shared.tickets.life.comments import Comment
from shared.tickets.rows import keys
from shared.tickets.rows.records import Stored, Ticket
from shared.tickets.rows.ticket_rows import read_ticket, ticket_values
from shared.tickets.updates.messages import as_sent

SELF = "azure-devops-bridge"
"""Who changed a ticket when it was us."""
_TRIES = 20
_OPERATIONS_PER_CHANGE = 5
_TRIES_PER_CHANGE = 4
MAX_CHANGES = (MAX_OPERATIONS - 1) // _OPERATIONS_PER_CHANGE


class ContendedError(TransientError):
    """The rows of some tickets were in the way again and again."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to a ticket; without a name for the change, it makes no history.

    `apply` is pure; `done` is the pending row that it settles.
    """

    stored: Stored
    apply: Callable[[Ticket], Ticket]
    change: str
    by: str
    done: Row | None = None
    due: bool = False
    """Whether the ticket needs work after this: its pending row is written with the rest."""
    comment: Comment | None = None
    """What a person wrote; it is told with the change, unless it was told before."""


@dataclass(frozen=True, slots=True)
class Unsent:
    """A ticket whose outbox row was just written: all history from `since` on is to be sent."""

    ticket: str
    since: int
    etag: str
    messages: tuple[str, ...]


@dataclass(slots=True)
class _Draft:
    """One change on its way into a transaction, and what was learned from those that failed."""

    change: Change
    stored: Stored
    settles: bool
    outbox_exists: bool = False
    last_used: int = 0
    """The last sequence of its history, where it may be beyond what the ticket's row says."""
    told: dict[str, Any] | None = None
    """What the transaction that is made of it now would tell."""

    @property
    def cause(self) -> str:
        """The trace that it belongs to."""
        return self.change.stored.cause or traces.traceparent()


@dataclass(frozen=True, slots=True)
class _Step:
    operation: Operation
    part: str
    draft: _Draft | None = None


@dataclass(frozen=True, slots=True)
class Journal:
    """Writes changes in as few transactions as they fit."""

    table: Table
    leases: Leases
    first_sequence: int = 1
    """Of new history: a higher one once tables were restored, for some of what they lost was sent."""

    def write(self, connection: str, changes: Sequence[Change], lease: Lease | None = None) -> list[Unsent]:
        """Write changes of different tickets, fenced by a lease if the caller works a lane.

        Returns what is to be sent now. Raises `LeaseLostError` and `ContendedError`: then nothing (more) was written.
        """
        unsent: list[Unsent] = []
        for start in range(0, len(changes), MAX_CHANGES):
            part = changes[start : start + MAX_CHANGES]
            drafts = [_Draft(change, change.stored, settles=change.done is not None) for change in part]
            unsent += self._commit(connection, drafts, lease)
        return unsent

    def _commit(self, connection: str, drafts: list[_Draft], lease: Lease | None) -> list[Unsent]:
        for _ in range(_TRIES + _TRIES_PER_CHANGE * len(drafts)):  # each conflict teaches one thing
            steps, messages = self._steps(connection, drafts, lease)
            if not steps:
                return []
            started = self.leases.monotonic()
            try:
                etags = self.table.transact(connection, [step.operation for step in steps])
            except RowChangedError as error:
                self._learn(connection, steps[error.index], lease)
                continue
            if lease:
                lease.etag, lease.written = etags[0], started
            for draft in drafts:
                _measure(draft)
            return _unsent(steps, etags, messages)
        raise ContendedError("The same tickets are being changed by too many workers at once.")

    def _steps(self, connection: str, drafts: list[_Draft], lease: Lease | None) -> tuple[list[_Step], dict[str, str]]:
        steps: list[_Step] = []
        messages: dict[str, str] = {}
        for draft in drafts:
            steps += self._steps_of(connection, draft, messages)
        if lease and steps:
            steps.insert(0, _Step(lease.operation(), "lease"))
        return steps, messages

    def _steps_of(self, connection: str, draft: _Draft, messages: dict[str, str]) -> list[_Step]:
        before, key, draft.told = draft.stored.ticket, draft.stored.key, None
        after = draft.change.apply(before)
        steps: list[_Step] = []
        if after != before or not draft.stored.etag:
            sequence = max(before.history + 1, draft.last_used + 1, self.first_sequence)
            after = replace(after, changed_at=self.table.clock.now(), history=sequence)
            known = before if draft.stored.etag else None
            draft.told = message = _message(connection, draft, known, after)
            if message is None:
                after = replace(after, history=before.history)
            else:
                messages[key] = text = as_sent(message)
                steps += self._announce(draft, after.history, text)
            steps.insert(0, _Step(put(draft.stored, after), "ticket", draft))
            for number in sorted(_items(after) - _items(before)):
                row = keys.work_item_row(number)
                steps.append(_Step(tables.upsert(row, {"schema": 1, "ticket": key}), "work item", draft))
        if draft.change.due and steps:
            steps.append(_Step(due_at_once(key), "due", draft))
        if draft.settles and draft.change.done:
            done = draft.change.done
            steps.append(_Step(tables.delete(done.key, done.etag), "pending", draft))
        return steps

    def _announce(self, draft: _Draft, sequence: int, message: str) -> list[_Step]:
        key = draft.stored.key
        history = tables.create(keys.history_row(key, sequence), {"schema": 1, "message": message})
        outbox = keys.outbox_row(key)
        if draft.outbox_exists:  # its `since` stays: what came before was not sent either
            unsent = tables.merge(outbox, {"touched": sequence}, ANY)
        else:
            unsent = tables.create(outbox, {"schema": 1, "since": sequence})
        return [_Step(history, "history", draft), _Step(unsent, "outbox", draft)]

    def _learn(self, connection: str, failed: _Step, lease: Lease | None) -> None:
        """Take in why a transaction failed, so that the next one does not."""
        draft = failed.draft
        if draft is None:
            if lease and self.leases.recover(connection, lease):
                return
            raise LeaseLostError("The lane has another worker now.")
        match failed.part:
            case "outbox":
                draft.outbox_exists = not draft.outbox_exists
            case "pending":  # a newer snapshot came: there is more to do
                draft.settles = False
            case part:
                row = self.table.get(connection, keys.ticket_row(draft.stored.key))
                draft.stored = read_ticket(row) if row else replace(draft.stored, etag="")
                if part == "history":  # it outlived its ticket, which was lost or is an older copy
                    draft.last_used = self._last_used(connection, draft.stored)

    def _last_used(self, connection: str, stored: Stored) -> int:
        beyond = keys.history_rows(stored.key, since=stored.ticket.history)
        rows = self.table.range(connection, *beyond, select=("schema",))
        return max((keys.sequence_of(row.key) for row in rows), default=0)


def _message(connection: str, draft: _Draft, before: Ticket | None, after: Ticket) -> dict[str, Any] | None:
    """What is told of a change, if anything is: a comment gives it its name."""
    change, key = draft.change, draft.stored.key
    if change.comment and before and change.comment.is_news_to(before):
        comment = change.comment.view()
        message = views.update(connection, key, before, after, change="commented", by=change.by, comment=comment)
    elif change.change:
        message = views.update(connection, key, before, after, change=change.change, by=change.by)
    else:
        return None
    return {**message, traces.PROPERTY: draft.cause} if message and draft.cause else message


def _measure(draft: _Draft) -> None:
    if draft.told:
        change, current = draft.told["change"], draft.told["current"]
        metrics.ticket_changes.add(1, {"change": change, "status": current["status"]})
        item = current["work_item"] or {}
        about = {"bridge.ticket": current["id"], "bridge.work_item": item.get("id", 0)}
        traces.note(f"ticket {change}", draft.cause, about)


def put(stored: Stored, after: Ticket) -> Operation:
    """Return the write of a ticket's row, if it still is the one that was read."""
    row = keys.ticket_row(stored.key)
    values = ticket_values(after)
    return tables.replace(row, values, stored.etag) if stored.etag else tables.create(row, values)


def _items(ticket: Ticket) -> set[int]:
    return {ticket.work_item.id, *ticket.duplicates} - {0}


def _unsent(steps: Sequence[_Step], etags: Sequence[str], messages: dict[str, str]) -> list[Unsent]:
    """What may be sent without reading: where the outbox row was ours to create, all before it was sent."""
    found = []
    for step, etag in zip(steps, etags, strict=True):
        if step.part == "outbox" and step.draft:
            key = step.draft.stored.key
            fresh = step.operation.kind == "create"
            since = int(str(step.operation.values["since"])) if fresh else 0
            found.append(Unsent(key, since, etag if fresh else "", (messages[key],) if fresh else ()))
    return found

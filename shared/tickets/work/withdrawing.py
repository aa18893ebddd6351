"""Takes tickets back whose import was: their work items go to the recycle bin, unless somebody touched them.

ticket detached (t|, history)      its snapshot and pending row deleted
          |--------------------------------|----------------------> the next snapshot makes it anew
Whoever carries on after a crash finds the snapshot's row, which says that it is withdrawn. A snapshot that comes
meanwhile renews that row, so that it cannot be deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import batched

from shared.azure_devops.work_items import WorkItem, delete, get_many
from shared.errors import BridgeError, RefusedError
from shared.storage import tables
from shared.storage.sizes import MAX_OPERATIONS
from shared.storage.tables import Operation, Row, RowChangedError
from shared.tickets.lanes.pending import is_patient
from shared.tickets.life.patches import told
from shared.tickets.life.transitions import identity, taken_back
from shared.tickets.rows.records import CLOSED_CATEGORIES, WITHDRAWN, Stored
from shared.tickets.updates.journal import SELF, Change
from shared.tickets.vulnerabilities import origins
from shared.tickets.work.apart import Apart
from shared.tickets.work.concerns import concerns_all, concerns_connection
from shared.tickets.work.lane import Lane
from shared.tickets.work_items.presence import Unknown, find_deleted

_TOGETHER = 20
"""How many items are read before the first of them is removed: what people do in between is not seen."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A ticket whose snapshots were all withdrawn, with its rows."""

    pending: Row
    stored: Stored
    snapshots: Sequence[Row]

    @property
    def has_no_item(self) -> bool:
        """Whether there is no work item to remove, as far as the ticket tells."""
        item = self.stored.ticket.work_item
        return not item.id or item.deleted or self.stored.ticket.detached == WITHDRAWN

    @property
    def is_settled(self) -> bool:
        """Whether it can be taken back now: whatever else is under way is settled first."""
        ticket = self.stored.ticket
        is_busy = ticket.attempt or ticket.duplicates or ticket.linking or ticket.unlinking
        return bool(ticket.detached) or not is_busy


@dataclass(frozen=True, slots=True)
class Withdrawer:
    """Takes the tickets of a lane back."""

    lane: Lane

    def run(self, found: Sequence[Withdrawal]) -> None:
        """Take back what nobody touched. Raises `PausedError` when the connection must wait."""
        with_item: list[Withdrawal] = []
        for one in found:
            with Apart(self.lane, one.pending):
                if one.stored.ticket.detached not in ("", WITHDRAWN):
                    self._leave(one, origins.DETACHED)
                elif one.has_no_item:
                    self._finish(one)
                else:
                    with_item.append(one)
        for batch in batched(with_item, _TOGETHER, strict=False):
            self._remove_all(batch)
        if with_item:
            self.lane.look_after_connection()

    def _remove_all(self, batch: Sequence[Withdrawal]) -> None:
        try:
            items = self.lane.organisation.do(get_many(one.stored.ticket.work_item.id for one in batch))
        except BridgeError as error:
            if concerns_connection(error):
                raise self.lane.pause(error) from error
            items = {}
        for one in batch:
            self._guarded(one, items.get(one.stored.ticket.work_item.id))

    def _guarded(self, one: Withdrawal, item: WorkItem | None) -> None:
        self.lane.stay()
        try:
            with Apart(self.lane, one.pending):
                self._remove(one, item)
        except RefusedError:
            self._leave(one, origins.REFUSED)
        except BridgeError as error:
            if concerns_connection(error):
                raise self.lane.pause(error) from error
            if concerns_all(error):
                raise
            self.lane.postpone(one.pending)

    def _remove(self, one: Withdrawal, item: WorkItem | None) -> None:
        if item is None:
            self._missing(one)
        elif self._is_untouched(one, item):
            self.lane.send_in_time(delete(item.id))
            self._finish(one)
        else:
            self._leave(one, origins.TOUCHED)

    def _missing(self, one: Withdrawal) -> None:
        """In the recycle bin already: perhaps by us, before we died. Not to be found anywhere for long: unknown."""
        known = one.stored.ticket.work_item
        if not isinstance(find_deleted(self.lane.organisation, known.project, known.id), Unknown):
            self._finish(one)
        elif is_patient(one.pending):
            self.lane.postpone(one.pending)
        else:
            self._leave(one, origins.UNKNOWN)

    def _is_untouched(self, one: Withdrawal, item: WorkItem) -> bool:
        """Whether every revision of an item that we made is one of ours; the answer to the last may be lost."""
        ticket = one.stored.ticket
        if ticket.sending and item.revision == ticket.sending.revision + 1:
            by_us = identity(item.fields.get("System.ChangedBy")) == self.lane.connection.identity
            is_closed = self.lane.category(item) in CLOSED_CATEGORIES
            ticket = told(ticket, item, is_closed=is_closed, by_us=by_us)
        return bool(ticket.nonce) and item.revision <= ticket.own_revision

    def _finish(self, one: Withdrawal) -> None:
        if one.stored.etag and one.stored.ticket.detached != WITHDRAWN:
            self.lane.write([Change(one.stored, taken_back, change="withdrawn", by=SELF)])
        self.forget(one.snapshots, one.pending)

    def forget(self, snapshots: Sequence[Row], pending: Row | None = None) -> None:
        """Delete snapshots that were withdrawn, and with the last of them the pending row of their ticket."""
        last = [tables.delete(pending.key, pending.etag)] if pending else []
        self._write([*(tables.delete(row.key, row.etag) for row in snapshots), *last])

    def _leave(self, one: Withdrawal, why: str) -> None:
        """It stays and is kept up to date: the pending row is due, and the next round sees no withdrawal."""
        self._write([tables.merge(row.key, origins.left(why), row.etag) for row in one.snapshots])

    def _write(self, operations: Sequence[Operation]) -> None:
        """Without the lease: what the rows say, they say to whoever works on the lane."""
        for part in batched(operations, MAX_OPERATIONS, strict=False):
            try:
                self.lane.tools.table.transact(self.lane.connection.name, part)
            except RowChangedError:  # a snapshot came meanwhile: the next round judges it
                return

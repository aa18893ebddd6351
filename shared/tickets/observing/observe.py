"""Takes in what people do with our work items. Events are hints: late, twice, out of order, or never delivered."""

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from shared.azure_devops.organisation import Organisation
from shared.azure_devops.work_items import DeletedItem, WorkItem, get_many
from shared.connections.lately import Lately
from shared.connections.models import Connection
from shared.connections.organisations import Organisations
from shared.errors import (
    BridgeError,
    NotFoundError,
    ThrottledError,
    TransientError,
)
from shared.links.store import LinkStore
from shared.storage.queues import Queue
from shared.storage.tables import Table
from shared.tickets.lanes.health import Health
from shared.tickets.lanes.wake_ups import WakeUps
from shared.tickets.life import comments
from shared.tickets.life.comments import Comment
from shared.tickets.life.transitions import identity, observed, refer
from shared.tickets.observing.hearing import Hearing
from shared.tickets.observing.hook_events import HookEvent, has_tag
from shared.tickets.observing.overheard import Overheard, telling
from shared.tickets.rows import keys
from shared.tickets.rows.records import CLOSED_CATEGORIES, Stored, Ticket, WorkItemRef
from shared.tickets.rows.ticket_rows import read_ticket
from shared.tickets.updates.journal import Change, Journal
from shared.tickets.updates.outbox import Outbox
from shared.tickets.work_items import presence
from shared.tickets.work_items.categories import Categories
from shared.tickets.work_items.claims import claims
from shared.tickets.work_items.look_ups import as_made
from shared.times import Times

log = logging.getLogger(__name__)
_UNDECIDED = "It is not known yet whose comment that is."
_THREADS = 8
_PAGE = 1_000
_MAX_DOUBLINGS = 7
_MOST_FAULTS = 40
"""With the delays between them about a day and a half: as long as Azure DevOps itself would try."""


type _Owner = Callable[[int], str | None]
"""Tells the ticket of a work item."""


class _WaitError(Exception):
    """The connection is paused: nothing is wrong with the event."""

    def __init__(self, seconds: float) -> None:
        super().__init__("the connection is paused")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Observe:
    """The use case behind a message on `service-hook-events`."""

    table: Table
    journal: Journal
    outbox: Outbox
    events: Queue
    connections: Lately
    """An event that is judged by what a connection was seconds ago came seconds ago itself."""
    links: LinkStore
    organisations: Organisations
    categories: Categories
    health: Health
    wake_ups: WakeUps
    hearing: Hearing
    overheard: Overheard
    times: Times

    def event(self, event: HookEvent) -> None:
        """Take in one event, or put it back for later if that cannot be done now."""
        connection = self.connections.find(event.connection)
        if connection is None:
            return
        if event.told:
            self.hearing.heard(connection.name, event.project)
        self._observe_or_put_back(connection, event, partial(self._owner, connection.name))

    def _observe_or_put_back(self, connection: Connection, event: HookEvent, owner: _Owner) -> None:
        try:
            self._observe(connection, event, owner(event.work_item))
        except _WaitError as error:
            self.events.send(event.message(), delay=error.seconds)
        except ThrottledError as error:
            self.events.send(event.message(), delay=self.health.pause(connection.name, error))
        except BridgeError as error:
            if event.faults >= _MOST_FAULTS:
                raise
            log.info("event put back", extra={"connection": connection.name, "why": error.message})
            again = replace(event, faults=event.faults + 1)
            delay = self.times.retry * 2 ** min(event.faults, _MAX_DOUBLINGS)
            self.events.send(again.message(), delay=delay)

    def read(self, connection: Connection, events: Sequence[HookEvent]) -> None:
        """Take in events that were read together, of different work items; whose these are is asked for at once.

        None waits for another one, whatever is wrong with that: what fails in a way that nobody foresaw goes to the
        queue of events, which keeps count, and in the end keeps it as a failed message. Raises `TransientError` if that
        does not take it, or storage does not answer.
        """
        owners: dict[int, str] = {}
        with ThreadPoolExecutor(_THREADS) as threads:
            for found in threads.map(partial(self._owners, connection.name), _spans(events)):
                owners |= found
            list(threads.map(lambda event: self._read(connection, event, owners.get), events))

    def _read(self, connection: Connection, event: HookEvent, owner: _Owner) -> None:
        try:
            self._observe_or_put_back(connection, event, owner)
        except Exception:
            log.exception("event not taken in", extra={"connection": event.connection, "work_item": event.work_item})
            self.events.send(event.message())

    def _owner(self, connection: str, item: int) -> str | None:
        row = self.table.get(connection, keys.work_item_row(item))
        return str(row.values["ticket"]) if row else None

    def _owners(self, connection: str, span: tuple[int, int]) -> dict[int, str]:
        """Return the tickets of the work items from one number to another one."""
        first, last = span
        start, stop = keys.work_item_row(first), keys.work_item_row(last) + keys.AFTER_ALL
        rows = self.table.range(connection, start, stop, select=("ticket",))
        return {keys.number_of(row.key): str(row.values["ticket"]) for row in rows}

    def _observe(self, connection: Connection, event: HookEvent, owner: str | None) -> None:
        row = self.table.get(event.connection, keys.ticket_row(owner)) if owner else None
        if row is None:  # no ticket's, or the tables have lost it
            self._unknown_item(connection, event)
            return
        stored = read_ticket(row)
        if stored.ticket.work_item.id != event.work_item:
            return
        comment = _said(event)
        if not _is_known(event, stored.ticket.work_item) or comment.is_news_to(stored.ticket):
            self._take_in(connection, event, stored, comment)
        if not event.told and event.change == "updated" and event.revision > stored.ticket.comments_seen:
            with suppress(NotFoundError):  # in the recycle bin it shows none; restored, its next revision is heard of
                self._overhear(connection, stored)

    def _take_in(self, connection: Connection, event: HookEvent, stored: Stored, comment: Comment) -> None:
        organisation = self.organisations.of(connection)
        known = stored.ticket.work_item
        item = known
        if not _is_known(event, known):
            item = self._as_told(organisation, event, known) or self._as_read(connection, event, known)
        change = change_of(stored, item, by=event.by)
        self._write(connection, _looked_at(change, event, comment))
        if not event.told and event.by != connection.identity:  # what we did ourselves may be read before it is told
            self.hearing.missed(connection.name, event.project)
        if change.due:
            self.wake_ups.send(connection.name, keys.lane_of(stored.key))
        if _is_undecided(stored.ticket, comment) and self._is_worked_on(connection, stored.ticket):
            raise TransientError(_UNDECIDED)

    def _overhear(self, connection: Connection, stored: Stored) -> None:
        is_done = self.overheard(self._open(connection), connection.name, stored)
        if not is_done and self._is_worked_on(connection, stored.ticket):
            raise TransientError(_UNDECIDED)

    def _is_worked_on(self, connection: Connection, ticket: Ticket) -> bool:
        """Whether a lane will find out whose a comment is; if none will, the feed tells of it when one did."""
        if ticket.detached or ticket.work_item.deleted or not connection.may_write:
            return False
        link = self.links.find(ticket.kind, ticket.asset)
        here = link.at(connection.name) if link else None
        return here is not None and here.enabled

    def _as_told(self, organisation: Organisation, event: HookEvent, known: WorkItemRef) -> WorkItemRef | None:
        """An update carries the whole new revision: nothing needs to be asked."""
        if event.change != "updated" or not (event.revision and event.state and event.type) or known.deleted:
            return None
        if event.project not in ("", known.project):  # moved, or the project has another name now
            return None
        return replace(
            known,
            revision=event.revision,
            type=event.type,
            state=event.state,
            category=self.categories.category(organisation, known.project, event.type, event.state),
            assigned_to=event.assigned_to,
        )

    def _as_read(self, connection: Connection, event: HookEvent, known: WorkItemRef) -> WorkItemRef:
        """Deleted and restored are verified: an item that cannot be found is *unknown*, and nothing changes."""
        match presence.find(self._open(connection), known.project, known.id):
            case WorkItem() as item:
                organisation = self.organisations.of(connection)
                category = self.categories.category(organisation, item.project, item.type, item.state)
                return refer(item, category, project=known.project)
            case DeletedItem(item=item):
                # A deletion makes a revision, too; without it an older observation could not be told from it.
                revision = max(known.revision, event.revision, item.revision if item else 0)
                gone = replace(known, deleted=True, revision=revision)
                return self._as_left(connection, gone, item) if item else gone
            case _:
                raise TransientError("Azure DevOps shows a work item neither in its project nor in the recycle bin.")

    def _as_left(self, connection: Connection, gone: WorkItemRef, item: WorkItem) -> WorkItemRef:
        """A deleted item is as it was last left, which no event of ours may have told."""
        category = self.categories.category(self.organisations.of(connection), gone.project, item.type, item.state)
        return replace(
            gone,
            type=item.type,
            state=item.state,
            category=category,
            assigned_to=identity(item.fields.get("System.AssignedTo")),
        )

    def _unknown_item(self, connection: Connection, event: HookEvent) -> None:
        """Perhaps its create is not recorded yet: wait until the longest lease is over, then ask its hyperlink."""
        if not has_tag(event.tags, connection.tag):
            return
        waits = (self.times.unknown_item_recheck, self.times.lease)
        if event.waits < len(waits):
            self.events.send(replace(event, waits=event.waits + 1).message(), delay=waits[event.waits])
            return
        self._claim(connection, event)

    def _claim(self, connection: Connection, event: HookEvent) -> None:
        organisation = self._open(connection)
        item = organisation.do(get_many([event.work_item])).get(event.work_item)
        found = list(claims(self.table, connection.name, item)) if item else []
        if item is None or not found:
            log.info("not one of ours", extra={"connection": connection.name, "work_item": event.work_item})
            return
        category = self.categories.category(organisation, item.project, item.type, item.state)
        first = as_made(organisation, item)
        for claim in found:
            self._write(connection, claim.change(category, first, connection.identity))
            self.wake_ups.send(connection.name, keys.lane_of(claim.stored.key))

    def _open(self, connection: Connection) -> Organisation:
        """Return the organisation, to be asked now. Raises `_WaitError` while the connection is paused."""
        seconds = self.health.of(connection.name).paused_for
        if seconds:
            raise _WaitError(seconds)
        return self.organisations.of(connection)

    def _write(self, connection: Connection, change: Change) -> None:
        self.outbox.send_all(connection.name, self.journal.write(connection.name, [change]))


def _spans(events: Iterable[HookEvent]) -> list[tuple[int, int]]:
    """Cut the numbers of work items so that the rows between the first and the last of each part fit one page."""
    spans: list[tuple[int, int]] = []
    for number in sorted({event.work_item for event in events}):
        if spans and number - spans[-1][0] < _PAGE:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    return spans


def _is_known(event: HookEvent, known: WorkItemRef) -> bool:
    """Whether an event tells nothing new. What is read for one that does must be there, at least in the recycle bin.

    Deletions and restorings make revisions, too, but a hook may tell the one before: that alone proves nothing.
    """
    if event.change == "deleted":
        return known.deleted and event.revision <= known.revision
    if event.change == "restored":
        return 0 < event.revision < known.revision
    is_old = 0 < event.revision <= known.revision
    return is_old and (known.deleted or bool(known.category))


def _said(event: HookEvent) -> Comment:
    return Comment(event.work_item, event.revision if event.comment else 0, event.by, event.comment, event.at)


def _is_undecided(ticket: Ticket, comment: Comment) -> bool:
    is_undecided = comments.is_undecided(ticket, comment.revision) and not comments.is_ours(ticket, comment)
    return is_undecided and comment.is_news_to(ticket)


def _looked_at(change: Change, event: HookEvent, comment: Comment) -> Change:
    """Tell what was said, if it is a person's; what a hook told of, and is decided, has not to be read."""
    before = change.stored.ticket
    is_ours = comments.is_ours(before, comment)
    if comments.is_undecided(before, event.revision) and not is_ours:
        return change
    if comment.html and not is_ours:
        return telling(change, comment)

    def apply(ticket: Ticket) -> Ticket:
        after = change.apply(ticket)
        if after.work_item.id != event.work_item or not (event.told or is_ours):
            return after
        return comments.told(after, event.revision) if is_ours else comments.seen(after, event.revision)

    return replace(change, apply=apply)


def change_of(stored: Stored, item: WorkItemRef, *, by: str) -> Change:
    """Return the change that takes in how a ticket's work item was found."""
    known = stored.ticket.work_item
    # What the platform said while the item was deleted could not be written: now it can.
    is_back = known.deleted and not item.deleted
    # We never learned what became of a patch; this revision may be what that made, however late.
    sending = stored.ticket.sending
    is_told = bool(sending and item.revision > sending.revision)
    # Perhaps its link wants an answer to that.
    is_closed = stored.ticket.open and item.category in CLOSED_CATEGORIES and known.category not in CLOSED_CATEGORIES
    due = is_back or is_told or is_closed
    return Change(stored, lambda ticket: observed(ticket, item), _word(known, item), by, due=due)


def _word(known: WorkItemRef, item: WorkItemRef) -> str:
    if item.deleted != known.deleted:
        return "deleted" if item.deleted else "restored"
    return "updated"

"""Takes in what people do with our work items. Events are hints: late, twice, out of order, or never delivered."""

import logging
from dataclasses import dataclass, replace

from shared.azure_devops.organisation import Organisation
from shared.azure_devops.work_items import DeletedItem, WorkItem, get_many
from shared.connections.models import Connection
from shared.connections.organisations import Organisations
from shared.connections.store import ConnectionStore
from shared.errors import ConfigurationError, CredentialError, NotFoundError, RefusedError, TransientError
from shared.storage.queues import Queue
from shared.storage.tables import Table
from shared.tickets import keys, presence
from shared.tickets.categories import Categories
from shared.tickets.hook_events import HookEvent
from shared.tickets.journal import Change, Journal
from shared.tickets.outbox import Outbox
from shared.tickets.records import Stored, Ticket, WorkItemRef, read_ticket
from shared.tickets.transitions import created, observed, refer
from shared.tickets.wake_ups import WakeUps
from shared.tickets.work_item_fields import parse_hyperlink
from shared.times import Times

log = logging.getLogger(__name__)
_MAX_DOUBLINGS = 7
_MOST_FAULTS = 40
"""With the delays between them about a day and a half: as long as Azure DevOps itself would try."""


@dataclass(frozen=True, slots=True)
class Observe:
    """The use case behind a message on `service-hook-events`."""

    table: Table
    journal: Journal
    outbox: Outbox
    events: Queue
    connections: ConnectionStore
    organisations: Organisations
    categories: Categories
    wake_ups: WakeUps
    times: Times

    def event(self, event: HookEvent) -> None:
        """Take in one event, or put it back for later if that cannot be done now."""
        connection = self.connections.find(event.connection)
        if connection is None:
            return
        try:
            self._observe(connection, event)
        except (TransientError, CredentialError, ConfigurationError, RefusedError, NotFoundError) as error:
            if event.faults >= _MOST_FAULTS:
                raise
            log.info("event put back", extra={"connection": connection.name, "why": error.message})
            again = replace(event, faults=event.faults + 1)
            delay = self.times.retry * 2 ** min(event.faults, _MAX_DOUBLINGS)
            self.events.send(again.message(), delay=delay)

    def _observe(self, connection: Connection, event: HookEvent) -> None:
        owner = self.table.get(event.connection, keys.work_item_row(event.work_item))
        if owner is None:
            self._unknown_item(connection, event)
            return
        row = self.table.get(event.connection, keys.ticket_row(str(owner.values["ticket"])))
        if row is None:
            raise TransientError("A work item's ticket could not be read.")
        stored = read_ticket(row)
        if stored.ticket.work_item.id == event.work_item and not _is_known(event, stored.ticket.work_item):
            self._take_in(connection, event, stored)

    def _take_in(self, connection: Connection, event: HookEvent, stored: Stored) -> None:
        organisation = self.organisations.of(connection)
        known = stored.ticket.work_item
        item = self._as_told(organisation, event, known) or self._as_read(organisation, event, known)
        # What the platform said while the item was deleted could not be written: now it can.
        is_back = known.deleted and not item.deleted
        word = _word(known, item)
        self._write(connection, Change(stored, lambda ticket: observed(ticket, item), word, event.by, due=is_back))
        if is_back:
            self.wake_ups.send(connection.name, keys.lane_of(stored.key))

    def _as_told(self, organisation: Organisation, event: HookEvent, known: WorkItemRef) -> WorkItemRef | None:
        """An update carries the whole new revision: nothing needs to be asked."""
        if event.change != "updated" or not (event.revision and event.state and event.type) or known.deleted:
            return None
        project = event.project or known.project
        return replace(
            known,
            project=project,
            revision=event.revision,
            type=event.type,
            state=event.state,
            category=self.categories.category(organisation, project, event.type, event.state),
            assigned_to=event.assigned_to,
        )

    def _as_read(self, organisation: Organisation, event: HookEvent, known: WorkItemRef) -> WorkItemRef:
        """Deleted and restored are verified: an item that cannot be found is *unknown*, and nothing changes."""
        match presence.find(organisation, known.project, known.id):
            case WorkItem() as item:
                category = self.categories.category(organisation, item.project, item.type, item.state)
                return refer(item, category, project=known.project)
            case DeletedItem(item=item):
                # A deletion makes a revision, too; without it an older observation could not be told from it.
                revision = max(known.revision, event.revision, item.revision if item else 0)
                return replace(known, deleted=True, revision=revision)
            case _:
                raise TransientError("Azure DevOps shows a work item neither in its project nor in the recycle bin.")

    def _unknown_item(self, connection: Connection, event: HookEvent) -> None:
        """Perhaps its create is not recorded yet: wait until the longest lease is over, then ask its hyperlink."""
        if connection.tag.casefold() not in {tag.strip().casefold() for tag in event.tags.split(";")}:
            return
        if event.waits * self.times.unknown_item_recheck <= self.times.lease:
            again = replace(event, waits=event.waits + 1)
            self.events.send(again.message(), delay=self.times.unknown_item_recheck)
            return
        self._adopt(connection, event)

    def _adopt(self, connection: Connection, event: HookEvent) -> None:
        organisation = self.organisations.of(connection)
        item = organisation.do(get_many([event.work_item])).get(event.work_item)
        stored = self._made_by_us(connection, item) if item else None
        if item is None or stored is None:
            log.info("not one of ours", extra={"connection": connection.name, "work_item": event.work_item})
            return
        category = self.categories.category(organisation, item.project, item.type, item.state)
        self._write(
            connection,
            Change(stored, lambda ticket: _adopted(ticket, item, category), "created", connection.identity),
        )

    def _made_by_us(self, connection: Connection, item: WorkItem) -> Stored | None:
        """Return the ticket whose unfinished attempt made this item."""
        for ticket_id, nonce in filter(None, map(parse_hyperlink, item.hyperlinks)):
            owner, _, ticket = ticket_id.rpartition(".")
            row = self.table.get(connection.name, keys.ticket_row(ticket)) if owner == connection.name else None
            stored = read_ticket(row) if row else None
            if stored and stored.ticket.attempt and stored.ticket.attempt.nonce == nonce:
                return stored
        return None

    def _write(self, connection: Connection, change: Change) -> None:
        self.outbox.send_all(connection.name, self.journal.write(connection.name, [change]))


def _is_known(event: HookEvent, known: WorkItemRef) -> bool:
    return event.change == "updated" and 0 < event.revision <= known.revision and not known.deleted


def _adopted(ticket: Ticket, item: WorkItem, category: str) -> Ticket:
    """Whoever was faster has settled the attempt: then it is theirs."""
    return created(ticket, item, category) if ticket.attempt else ticket


def _word(known: WorkItemRef, item: WorkItemRef) -> str:
    if item.deleted != known.deleted:
        return "deleted" if item.deleted else "restored"
    return "updated"

"""Compares what we know of every work item with what Azure DevOps says of it, and takes the differences in.

The feed of revisions does not show everything: an item that was moved to a project of which we read no feed, or
destroyed for good, never appears there. What can be found neither in its project nor in the recycle bin is
*unknown*: it is reported, and nothing is concluded from it.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TypedDict

from shared.azure_devops.organisation import Organisation
from shared.azure_devops.work_items import MAX_IDS, WorkItem, get_many, recycle_bin
from shared.connections.models import Connection
from shared.connections.organisations import Organisations
from shared.errors import NotFoundError, RefusedError
from shared.storage.tables import Table, readable
from shared.tickets.lanes.wake_ups import WakeUps
from shared.tickets.life.transitions import refer
from shared.tickets.observing.observe import change_of
from shared.tickets.rows import keys
from shared.tickets.rows.records import Stored, WorkItemRef
from shared.tickets.rows.ticket_rows import read_ticket
from shared.tickets.updates.journal import Journal
from shared.tickets.updates.outbox import Outbox
from shared.tickets.work_items.categories import Categories

log = logging.getLogger(__name__)
_MAX_LISTED = 1000


class ItemView(TypedDict):
    """A work item, as far as a comparison looks at it."""

    revision: int
    project: str
    type: str
    state: str
    deleted: bool


class DifferenceView(TypedDict):
    """A work item of which the tables said something else (`known`) than Azure DevOps does (`found`)."""

    ticket: str
    work_item: int
    known: ItemView
    found: ItemView


@dataclass(slots=True)
class Report:
    """What a comparison found; `after` is the key to go on from, empty at the end."""

    checked: int = 0
    differences: list[DifferenceView] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    after: str = ""

    @property
    def is_full(self) -> bool:
        """Whether more would make an answer that nobody reads."""
        return len(self.differences) + len(self.unknown) >= _MAX_LISTED


@dataclass(frozen=True, slots=True)
class Verification:
    """The use case behind the nightly timer and `POST /connections/{connection}/reconcile`."""

    table: Table
    journal: Journal
    outbox: Outbox
    organisations: Organisations
    categories: Categories
    wake_ups: WakeUps

    def some(self, connection: Connection, report: Report, *, dry_run: bool) -> None:
        """Compare the work items of the next 200 tickets after `report.after`. Raises what Azure DevOps raises."""
        prefix = keys.ticket_row("")
        start = max(report.after, prefix)
        rows = list(self.table.range(connection.name, start, prefix + keys.AFTER_ALL, limit=MAX_IDS))
        read = readable(rows, read_ticket)
        tickets = {number: stored for stored in read if (number := stored.ticket.work_item.id)}
        self._compare(connection, tickets, report, dry_run=dry_run)
        report.after = f"{rows[-1].key}!" if len(rows) == MAX_IDS else ""

    def _compare(self, connection: Connection, tickets: Mapping[int, Stored], report: Report, *, dry_run: bool) -> None:
        organisation = self.organisations.of(connection)
        found = organisation.do(get_many(tickets)) if tickets else {}
        gone = self._gone(organisation, {number: one for number, one in tickets.items() if number not in found})
        report.checked += len(tickets)
        for number, stored in tickets.items():
            known = stored.ticket.work_item
            item = found.get(number)
            if item is None and number not in gone:
                report.unknown.append(number)
                continue
            now = self._now_if_known(organisation, known, item)
            if now != known:
                report.differences.append(_difference(connection.name, stored, now))
                if not dry_run:
                    self._take_in(connection.name, stored, now)

    def _gone(self, organisation: Organisation, missing: Mapping[int, Stored]) -> set[int]:
        """Those of the missing items that lie in a recycle bin."""

        def project(number: int) -> str:
            return missing[number].ticket.work_item.project

        gone: set[int] = set()
        for name, numbers in groupby(sorted(missing, key=project), key=project):
            try:
                gone |= set(numbers) & set(organisation.do(recycle_bin(name)))
            except (NotFoundError, RefusedError):  # the project itself is gone, or may not be seen
                continue
        return gone

    def _now_if_known(self, organisation: Organisation, known: WorkItemRef, item: WorkItem | None) -> WorkItemRef:
        """Nothing is concluded of an item whose type cannot be looked at; the others must not wait for it."""
        try:
            return self._now(organisation, known, item)
        except (NotFoundError, RefusedError) as error:
            log.warning("state not known", extra={"work_item": known.id, "why": error.message})
            return known

    def _now(self, organisation: Organisation, known: WorkItemRef, item: WorkItem | None) -> WorkItemRef:
        if item is None:
            return replace(known, deleted=True)
        is_known = item.revision == known.revision and item.project == known.project and bool(known.category)
        if is_known and not known.deleted:
            return known
        category = self.categories.category(organisation, item.project, item.type, item.state)
        return refer(item, category, project=known.project)

    def _take_in(self, connection: str, stored: Stored, now: WorkItemRef) -> None:
        change = change_of(stored, now, by="")
        self.outbox.send_all(connection, self.journal.write(connection, [change]))
        if change.due:
            self.wake_ups.send(connection, keys.lane_of(stored.key))


def _difference(connection: str, stored: Stored, now: WorkItemRef) -> DifferenceView:
    known = stored.ticket.work_item
    return {
        "ticket": keys.public_id(connection, stored.key),
        "work_item": known.id,
        "known": _brief(known),
        "found": _brief(now),
    }


def _brief(item: WorkItemRef) -> ItemView:
    return {
        "revision": item.revision,
        "project": item.project,
        "type": item.type,
        "state": item.state,
        "deleted": item.deleted,
    }

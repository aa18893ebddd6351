"""Finds the work items that the tables do not know of, before anything is created.

Tables can be lost, or restored as they were yesterday; Azure DevOps then holds items of tickets that look new to us.
Every item names its ticket in a hyperlink, so the rows can be made of them. A project is compared once in each epoch
of the tables (the setting TABLES_EPOCH, to be raised after a restore), and by hand.
"""

import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import chain

from shared.azure_devops.organisation import Organisation
from shared.azure_devops.work_items import WorkItem
from shared.connections.models import Connection
from shared.errors import NotFoundError, RefusedError
from shared.links.store import LinkStore
from shared.storage.tables import Table
from shared.tickets.lanes.health import Health
from shared.tickets.life import comments
from shared.tickets.rows import keys
from shared.tickets.rows.records import Stored, Ticket
from shared.tickets.rows.ticket_rows import read_ticket
from shared.tickets.updates.journal import Change, Journal
from shared.tickets.updates.outbox import Outbox
from shared.tickets.work_items.categories import Categories
from shared.tickets.work_items.claims import Claim
from shared.tickets.work_items.look_ups import Found, alive, as_made, deleted

_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
_IN_BIN = timedelta(days=30)

type _Assets = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Adoption:
    """Compares a project's work items with the tables and adds what is missing."""

    table: Table
    journal: Journal
    outbox: Outbox
    links: LinkStore
    health: Health
    categories: Categories
    epoch: int
    _locks: dict[tuple[str, str], threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))

    def ensure(self, connection: Connection, organisation: Organisation, project: str) -> None:
        """Compare the project unless that was done in this epoch; raises what Azure DevOps raises."""
        with self._locks[connection.name, project]:  # of eight lanes that come at once, one asks
            if self.health.of(connection.name).epochs.get(project) == self.epoch:
                return
            self.project(connection, organisation, project, thorough=False)

    def project(self, connection: Connection, organisation: Organisation, project: str, *, thorough: bool) -> int:
        """Adopt what the tables do not know, and return how many items that were.

        `thorough`: what lies in the recycle bin and was made in the last 30 days, too.
        """
        assets, known = self._assets(connection), self._known(connection.name)
        found = alive(organisation, project, connection.tag, _ALWAYS)
        if thorough:
            found = chain(found, deleted(organisation, project, self.table.clock.now() - _IN_BIN))
        missing = (one for one in found if one.item.id not in known)
        adopted = sum(self._adopt(connection, organisation, one, assets) for one in missing)
        self.health.compared(connection.name, project, self.epoch)
        return adopted

    def _adopt(self, connection: Connection, organisation: Organisation, found: Found, assets: _Assets) -> bool:
        owner, _, key = found.ticket.rpartition(".")
        item = found.item
        if owner != connection.name:
            return False
        category = self._category(organisation, item)
        claim = Claim(self._stored(owner, key, found, assets), item, found.nonce, found.deleted)
        change = claim.change(category, as_made(organisation, item), connection.identity)
        unsent = self.journal.write(owner, [_quiet(change, found)])
        self.outbox.send_all(owner, unsent)
        return True

    def _category(self, organisation: Organisation, item: WorkItem) -> str:
        """Empty for a type that cannot be looked at: one such item must not keep a project from being compared."""
        try:
            return self.categories.category(organisation, item.project, item.type, item.state)
        except (NotFoundError, RefusedError):
            return ""

    def _stored(self, connection: str, key: str, found: Found, assets: _Assets) -> Stored:
        row = self.table.get(connection, keys.ticket_row(key))
        if row:
            return read_ticket(row)
        kind, asset = assets.get(key[: len(key) // 2], ("", ""))  # a later snapshot says which
        made_at = datetime.fromisoformat(str(found.item.fields["System.CreatedDate"]))
        title = str(found.item.fields.get("System.Title", ""))
        return Stored(key, Ticket(kind, asset, title=title, created_at=made_at, changed_at=made_at))

    def _known(self, connection: str) -> set[int]:
        """Items whose tickets are there: a `w|` row alone is what is left of one whose row was lost."""
        first = keys.ticket_row("")
        there = self.table.range(connection, first, first + keys.AFTER_ALL, select=("schema",))
        tickets = {keys.ticket_of_row(row.key) for row in there}
        rows = self.table.range(connection, keys.work_item_row(0), keys.work_item_row(10**12 - 1), select=("ticket",))
        return {keys.number_of(row.key) for row in rows if row.values["ticket"] in tickets}

    def _assets(self, connection: Connection) -> _Assets:
        links = self.links.reaching(connection.name)
        return {keys.asset_key(link.kind, link.asset): (link.kind, link.asset) for link in links}


def _quiet(change: Change, found: Found) -> Change:
    """Tell nothing of what was said in an item before its ticket took it, unless its attempt is known: then its
    comments were never told."""

    def apply(ticket: Ticket) -> Ticket:
        after = change.apply(ticket)
        is_taken = after.work_item.id == found.item.id != ticket.work_item.id
        is_remembered = ticket.attempt is not None and ticket.attempt.nonce == found.nonce
        return comments.all_old(after) if is_taken and not is_remembered else after

    return replace(change, apply=apply)

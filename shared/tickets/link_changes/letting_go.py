"""Lets tickets go: detaches them as they are, or has their work items closed first.

Each step is written with the ticket's row, so that whoever carries on after a crash sees what is left to do.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import batched

from shared.links.models import Link, Place
from shared.storage.tables import Table
from shared.tickets.lanes.wake_ups import WakeUps
from shared.tickets.life.transitions import detached, leaving
from shared.tickets.link_changes.belongings import worked_on
from shared.tickets.rows import keys
from shared.tickets.rows.records import UNLINKED, Stored, Ticket
from shared.tickets.updates.journal import MAX_CHANGES, SELF, Change, Journal
from shared.tickets.updates.outbox import Outbox
from shared.times import Times


@dataclass(frozen=True, slots=True)
class LettingGo:
    """Detaches tickets and has work items closed, as many as can be done in one go."""

    table: Table
    journal: Journal
    outbox: Outbox
    wake_ups: WakeUps
    times: Times

    def detach(self, connection: str, asset: str = "") -> bool:
        """Detach the tickets of an asset (by its key), or of a whole connection; False if there was no time for all."""
        todo = worked_on(self.table, connection, asset)
        return self._write(connection, todo, lambda ticket: detached(ticket, UNLINKED), change="detached")

    def close(self, link: Link, place: Place) -> bool:
        """Have the tickets of an asset's earlier place closed and detached by their lanes; False until all are."""
        asset = keys.asset_key(link.kind, link.asset)
        left = [one for one in worked_on(self.table, place.connection, asset) if _is_of(one.ticket, link, place)]
        words = (
            f"The security platform tracks the {link.kind} {link.asset} in {link.project} now; nothing changes this."
        )
        todo = [one for one in left if not one.ticket.leaving]
        self._write(place.connection, todo, lambda ticket: leaving(ticket, words), change="", due=True)
        for lane in sorted({keys.lane_of(one.key) for one in left}):
            self.wake_ups.send(place.connection, lane)
        return not left

    def _write(
        self,
        connection: str,
        todo: Iterable[Stored],
        apply: Callable[[Ticket], Ticket],
        *,
        change: str,
        due: bool = False,
    ) -> bool:
        end = time.monotonic() + self.times.drain
        for part in batched(todo, MAX_CHANGES, strict=False):
            changes = [Change(stored, apply, change, SELF, due=due) for stored in part]
            self.outbox.send_all(connection, self.journal.write(connection, changes))
            if time.monotonic() > end:
                return False
        return True


def _is_of(ticket: Ticket, link: Link, place: Place) -> bool:
    """Whether a ticket is to be left with a place. In the connection itself, those with an item in the current
    project came later, and those without an item will have theirs there."""
    if place.connection != link.connection or ticket.leaving:
        return True
    if not ticket.work_item.id:
        return ticket.attempt is not None and ticket.attempt.project != link.project_id
    return ticket.work_item.project.casefold() != link.project.casefold()

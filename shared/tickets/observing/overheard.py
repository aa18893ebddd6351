"""Finds the comments of people that no service hook told.

The feed of revisions has no long texts; what was said stands in a work item's updates. They are asked for where the
feed shows a revision beyond one that no hook told us of.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile

from shared.azure_devops.organisation import Organisation
from shared.azure_devops.updates import MOST, Update, list_updates
from shared.tickets.life import comments
from shared.tickets.life.comments import Comment
from shared.tickets.observing.hook_events import shortened
from shared.tickets.rows import keys
from shared.tickets.rows.records import Stored, Ticket
from shared.tickets.rows.ticket_rows import read_ticket
from shared.tickets.updates.journal import Change, Journal
from shared.tickets.updates.outbox import Outbox


def telling(change: Change, comment: Comment) -> Change:
    """Return a change that tells a comment as well."""

    def apply(ticket: Ticket) -> Ticket:
        after = change.apply(ticket)
        return comments.told(after, comment.revision) if comment.is_news_to(ticket) else after

    return replace(change, apply=apply, comment=comment)


@dataclass(frozen=True, slots=True)
class Overheard:
    """Tells what was said in work items without a hook's telling."""

    journal: Journal
    outbox: Outbox

    def __call__(self, organisation: Organisation, connection: str, stored: Stored) -> bool:
        """Tell the comments of all revisions that were not looked at. Raises what Azure DevOps raises.

        False if it is not known yet whose one of them is: that one, and what follows on it, is left for another time.
        """
        item, after = stored.ticket.work_item, stored.ticket.comments_seen
        while updates := organisation.do(list_updates(item.project, item.id, after)):
            now = self._as_it_is(connection, stored)  # read later than the updates: it knows of all patches among them
            if now.ticket.work_item.id != item.id:
                return True
            decided = list(takewhile(partial(_is_decided, now.ticket), updates))
            self._tell(connection, now, decided)
            if len(decided) < len(updates):
                return False
            if len(updates) < MOST:
                return True
            after += MOST
        return True

    def _as_it_is(self, connection: str, stored: Stored) -> Stored:
        row = self.journal.table.get(connection, keys.ticket_row(stored.key))
        return read_ticket(row) if row else stored

    def _tell(self, connection: str, stored: Stored, updates: Sequence[Update]) -> None:
        number = stored.ticket.work_item.id
        for one in updates:
            change = Change(stored, lambda ticket: ticket, change="", by=one.author)
            if one.comment:
                said = Comment(number, one.revision, one.author, shortened(one.comment), one.at)
                self._write(connection, telling(change, said))
        last = max((one.revision for one in updates), default=0)

        def looked(ticket: Ticket) -> Ticket:
            return comments.seen_to(ticket, last) if ticket.work_item.id == number else ticket

        self._write(connection, Change(stored, looked, change="", by=""))

    def _write(self, connection: str, change: Change) -> None:
        self.outbox.send_all(connection, self.journal.write(connection, [change]))


def _is_decided(ticket: Ticket, update: Update) -> bool:
    return not comments.is_undecided(ticket, update.revision)

"""Removes the second work item of a ticket.

A request that Azure DevOps carries out later than any look-up could wait for leaves two items with one ticket. The
one with the lowest id survives; another one is removed as long as nobody has touched it. What people have worked on
is theirs: it stays, says what it is, and somebody is told.
"""

import html
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import batched

from shared.azure_devops.work_items import MAX_IDS, WorkItem, add_fields, change, delete, get_many, test_revision
from shared.errors import BridgeError, NotFoundError, RefusedError
from shared.tickets.lanes.pending import tries
from shared.tickets.life.transitions import healed, identity
from shared.tickets.updates.journal import SELF, Change
from shared.tickets.work.apart import Apart, not_done
from shared.tickets.work.jobs import Job
from shared.tickets.work.lane import Lane

log = logging.getLogger(__name__)
ALERT = "duplicate_work_item"
_PATIENCE = 6
"""How often a ticket is put off, over a quarter of an hour, before a duplicate that may not be removed is people's."""


@dataclass(frozen=True, slots=True)
class Healer:
    """Removes the duplicates of a lane's jobs."""

    lane: Lane

    def run(self, jobs: Sequence[Job]) -> None:
        """Leave one work item for each ticket; whatever else a ticket needs is for the next round."""
        numbers = sorted({number for job in jobs for number in job.ticket.duplicates})
        items: dict[int, WorkItem] = {}
        for batch in batched(numbers, MAX_IDS, strict=False):
            items |= self.lane.organisation.do(get_many(batch))
        for job in jobs:
            with Apart(self.lane, job.pending):
                self._try(job, items)

    def _try(self, job: Job, items: Mapping[int, WorkItem]) -> None:
        try:
            self._heal(job, items)
        except BridgeError as error:
            not_done(self.lane, job, error, may_fail=False)

    def _heal(self, job: Job, items: Mapping[int, WorkItem]) -> None:
        for number, own_revision in job.ticket.duplicates.items():
            item = items.get(number)
            if item and not self._removed(job, item, own_revision):
                self._tell(job, item)
            self.lane.write([Change(job.stored, partial(healed, duplicate=number), change="", by=SELF)])

    def _removed(self, job: Job, item: WorkItem, own_revision: int) -> bool:
        """Move an untouched item to the recycle bin; False if it has to stay.

        A refusal is taken for an answer once it has lasted: until then it is raised, and the ticket waits.
        """
        author = identity(item.fields.get("System.CreatedBy"))
        if item.revision > own_revision or author != self.lane.connection.identity:
            return False
        try:
            self.lane.organisation.do(delete(item.id))
        except NotFoundError:
            if self.lane.organisation.do(get_many([item.id])):
                raise
        except RefusedError:
            if tries(job.pending) < _PATIENCE:
                raise
            return False
        return True

    def _tell(self, job: Job, item: WorkItem) -> None:
        """Alert somebody, then say in the item what it is, once: the tag tells that both was done."""
        tag = f"{self.lane.connection.tag}_Duplicate"
        if tag in [known.strip() for known in str(item.fields.get("System.Tags", "")).split(";")]:
            return
        survivor = job.ticket.work_item.id
        self.lane.tools.alerts.send(
            ALERT,
            self.lane.ticket_id(job),
            f"Work items {survivor} and {item.id} track the same vulnerability; {survivor} is kept up to date.",
            hint=f"Move what was done in {item.id} to {survivor}, then delete {item.id}.",
        )
        fields = {"System.Tags": tag, "System.History": _words(job)}
        try:
            self.lane.organisation.do(change(item.id, [test_revision(item.revision), *add_fields(fields)]))
        except (RefusedError, NotFoundError) as error:  # whoever was alerted knows, and that has to be enough
            log.warning("a duplicate takes no word", extra={"work_item": item.id, "why": error.message})


def _words(job: Job) -> str:
    survivor = job.ticket.work_item
    link = f'<a href="{html.escape(survivor.url)}">{survivor.id}</a>'
    return (
        f"<p>This is a duplicate of {link}, which the security platform keeps up to date. Nothing updates this one.</p>"
    )

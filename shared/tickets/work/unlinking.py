"""Parts tickets from their work items, as people asked: one patch takes our mark and our tag out of the item.

An answer that is lost does no harm: the next round finds that nothing of ours is left in the item.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared.azure_devops.work_items import (
    WorkItem,
    add_fields,
    change,
    remove_relations,
    set_tags,
    test_revision,
)
from shared.errors import BridgeError
from shared.tickets.life import comments, remarks
from shared.tickets.life.transitions import unlinked
from shared.tickets.rows.records import Ticket
from shared.tickets.updates.journal import Change
from shared.tickets.work.jobs import Job, failure_of
from shared.tickets.work.lane import Lane
from shared.tickets.work.one_by_one import one_by_one
from shared.tickets.work_items.look_ups import marks
from shared.tickets.work_items.rivals import marks_of

_WORDS = "The security platform does not track this any more; nothing updates it."


@dataclass(frozen=True, slots=True)
class Unlinker:
    """Carries out what people asked of a lane's tickets."""

    lane: Lane

    def run(self, jobs: Sequence[Job]) -> None:
        """Unlink each job's ticket. A deleted item stays as it is, also when it is restored: its mark is an old one."""
        one_by_one(self, jobs)

    def item_of(self, job: Job) -> tuple[str, int]:
        """Return the item that it has, and where that is."""
        item = job.ticket.work_item
        return item.project or job.link.project_id, item.id

    def carry_out(self, job: Job, item: WorkItem) -> None:
        """Take our mark and our tag out of the item."""
        patch = self._operations(job, item)
        if not patch:
            self._record(job)
            return
        for stamped in self.lane.stamp([job], [comments.told(job.ticket, item.revision + 1)]):
            words = add_fields({"System.History": remarks.said(_WORDS)})
            self.lane.send_in_time(change(item.id, [test_revision(item.revision), *patch, *words]))
            self._record(stamped)

    def _operations(self, job: Job, item: WorkItem) -> list[dict[str, Any]]:
        """What takes us out of the item. A tag stays if another ticket's mark does."""
        own, tag = marks_of(item, self.lane.ticket_id(job)), self.lane.connection.tag.casefold()
        tags = [known.strip() for known in str(item.fields.get("System.Tags") or "").split(";") if known.strip()]
        left = [known for known in tags if known.casefold() != tag]
        is_shared = len(list(marks(item))) > len(own)
        return [*remove_relations(own), *([set_tags(left)] if left != tags and not is_shared else [])]

    def deleted(self, job: Job) -> None:
        """Nothing is left to be taken out."""
        self._record(job)

    def _record(self, job: Job) -> None:
        def apply(ticket: Ticket) -> Ticket:
            return unlinked(ticket) if ticket.unlinking else ticket

        by = self.lane.connection.identity
        self.lane.write([Change(job.stored, apply, change="unlinked", by=by, done=job.pending)])

    def refused(self, job: Job, error: BridgeError) -> None:
        """It stays linked."""
        refused = failure_of(job, error)
        self.lane.write([replace(refused, apply=lambda ticket: replace(refused.apply(ticket), unlinking=False))])

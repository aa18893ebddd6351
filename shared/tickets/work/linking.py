"""Lets work items that were there before carry tickets, as people chose: one patch each.

intent (t|, by the API)      stamp (nonce)      one patch, test /rev      record
        |--------------------------|---------------------|------------------|
An answer that is lost does no harm: the next round finds the mark in the item.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.azure_devops.work_items import (
    WorkItem,
    add_fields,
    add_hyperlink,
    change,
    remove_relations,
    test_revision,
)
from shared.errors import BridgeError
from shared.texts.addresses import is_web
from shared.texts.formats import HTML
from shared.tickets.item_content.work_item_fields import Place, desired, hyperlink, ticket_url
from shared.tickets.life.attempts import link_nonce
from shared.tickets.life.plan import Desired
from shared.tickets.life.transitions import Made, created, linking, not_linked
from shared.tickets.rows.records import Failure, Ticket
from shared.tickets.updates.journal import SELF, Change
from shared.tickets.work.jobs import Job
from shared.tickets.work.lane import Lane
from shared.tickets.work.one_by_one import one_by_one
from shared.tickets.work_items.rivals import marks_of, rival

_AGAIN = "PUT /api/tickets/{ticket}/work-item links another one, POST /api/tickets/{ticket}/retry makes a new one."


@dataclass(frozen=True, slots=True)
class Linker:
    """Carries out what people chose for a lane's tickets."""

    lane: Lane

    def run(self, jobs: Sequence[Job]) -> None:
        """Link each job's ticket; whatever else it needs is for the next round."""
        one_by_one(self, jobs)

    def item_of(self, job: Job) -> tuple[str, int]:
        """Return the project of the link, and the item that was chosen."""
        return job.link.project_id, job.ticket.linking

    def carry_out(self, job: Job, item: WorkItem) -> None:
        """Link the item, unless it tracks another ticket or was linked by an earlier round."""
        own = marks_of(item, self.lane.ticket_id(job))
        if job.ticket.nonce and job.ticket.nonce in own.values():  # the answer was lost
            self._record(job, item)
        elif other := rival(self.lane.tools.table, self.lane.connection.name, item, job.stored.key):
            self._refuse(job, f"Work item {item.id} tracks another ticket: {other}.")
        else:
            self._send(job, item, list(own))

    def _send(self, job: Job, item: WorkItem, earlier: Sequence[int]) -> None:
        """`earlier`: the places of marks that the item has from another time with this ticket."""
        wanted = self._wanted(job, item)
        about_to = linking(job.ticket, link_nonce(job.ticket.generation), wanted, item.revision)
        for stamped in self.lane.stamp([job], [about_to]):
            patch = [test_revision(item.revision), *remove_relations(earlier), *self._operations(stamped, wanted)]
            self._record(stamped, self.lane.send_in_time(change(item.id, patch)))

    def _operations(self, job: Job, wanted: Desired) -> list[dict[str, Any]]:
        ticket_id, url = self.lane.ticket_id(job), self.lane.tools.public_url
        fields = {"System.Tags": self.lane.connection.tag, "System.History": self._words(job, wanted)}
        return [*add_fields(fields), add_hyperlink(hyperlink(url, ticket_id, job.ticket.nonce), f"Ticket {ticket_id}")]

    def _words(self, job: Job, wanted: Desired) -> str:
        """What people read in the item: what is tracked there, as a link. A redacted title shows nothing."""
        own_page = job.members[0].url if job.members and is_web(job.members[0].url or "") else ""
        url = own_page or ticket_url(self.lane.tools.public_url, self.lane.ticket_id(job))
        title = str(wanted.fields.get("System.Title") or job.ticket.title)
        stays = "What is written here stays; what changes there is told in comments, and the state follows it."
        return f"<p>The security platform tracks this here: {HTML.link(url, title)}. {stays}</p>"

    def _wanted(self, job: Job, item: WorkItem) -> Desired:
        """What the item would say if it were ours: its type may be another one than that of the link."""
        if not job.members:
            return job.desired
        known = self.lane.tools.type_fields.of(self.lane.organisation, item.project, item.type)
        place = Place(job.link.project, item.type, known, self.lane.connection.tag)
        url = ticket_url(self.lane.tools.public_url, self.lane.ticket_id(job))
        return desired(job.members, job.making, place, ticket_url=url)

    def _record(self, job: Job, item: WorkItem) -> None:
        """The pending row stays: the next round sees what else there is to do."""
        made = Made(item, self.lane.category(item), job.ticket.nonce, {})
        by = self.lane.connection.identity
        self.lane.write([Change(job.stored, lambda ticket: created(ticket, made), change="linked", by=by)])

    def deleted(self, job: Job) -> None:
        """An item that was deleted is not linked."""
        self._refuse(job, f"Work item {job.ticket.linking} was deleted.")

    def refused(self, job: Job, error: BridgeError) -> None:
        """Say why."""
        self._refuse(job, error.message, error.hint)

    def _refuse(self, job: Job, why: str, hint: str = "") -> None:
        failure = Failure("not_linked", why, f"{hint} {_AGAIN}".strip())

        def apply(ticket: Ticket) -> Ticket:
            return not_linked(ticket, failure) if ticket.linking else ticket

        self.lane.write([Change(job.stored, apply, change="not_linked", by=SELF, done=job.pending)])

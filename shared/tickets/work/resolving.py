"""Settles attempts that have no result.

attempt ---- lease ----> expired      look-up      look_ups_apart      look-up
   |------------------------|------------|----------------------------|--------> none: may be created again
A work item that carries the attempt's mark is adopted at any time; "none" counts only from two look-ups after
the attempt's lease is over, for until then its request may still be on its way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import BridgeError
from shared.tickets.life.attempts import generation_of
from shared.tickets.life.transitions import Made, created, looked_in_vain, not_created, observed, refer
from shared.tickets.rows import keys
from shared.tickets.rows.records import Attempt, Ticket
from shared.tickets.updates.journal import Change
from shared.tickets.work.apart import Apart, not_done
from shared.tickets.work.jobs import Job
from shared.tickets.work.lane import Lane
from shared.tickets.work_items.look_ups import NOT_TOLD, Found, as_made, look

_CLOCK_STEP = timedelta(seconds=2)  # the server's clock is read in whole seconds


@dataclass(frozen=True, slots=True)
class Resolver:
    """Looks for what a lane's unfinished attempts left behind."""

    lane: Lane

    def run(self, jobs: Sequence[Job]) -> None:
        """Adopt what is found, and find out what is certainly not there; all attempts were made in one project."""
        asked_at = self.lane.tools.table.clock.now()
        pairs = [(job, job.ticket.attempt) for job in jobs if job.ticket.attempt]
        found = self._look(pairs[0][1].project, pairs)
        for job, attempt in pairs:
            with Apart(self.lane, job.pending):
                self._settle(job, attempt, found.get(self.lane.ticket_id(job), ()), asked_at)

    def _settle(self, job: Job, attempt: Attempt, found: Sequence[Found], asked_at: datetime) -> None:
        try:
            ours = [one for one in found if self._is_ours(one, job.ticket, attempt)]
            if not (ours and self._adopted(job, attempt, ours)):
                self._not_found(job, attempt, asked_at)
        except BridgeError as error:
            not_done(self.lane, job, error, may_fail=False)  # it stays unknown until a look-up tells

    def _look(self, project: str, pairs: Sequence[tuple[Job, Attempt]]) -> Mapping[str, list[Found]]:
        before = timedelta(seconds=self.lane.tools.times.created_before)
        since = min(attempt.at for _, attempt in pairs) - before
        tickets = {self.lane.ticket_id(job) for job, _ in pairs}
        return look(self.lane.organisation, project, self.lane.connection.tag, since, tickets)

    def _is_ours(self, found: Found, ticket: Ticket, attempt: Attempt) -> bool:
        """Whether this attempt made it, or an earlier one whose request came late: then nobody knows the item yet.

        An item that the ticket had before is no answer to it.
        """
        if found.nonce == attempt.nonce:
            return True
        if found.nonce != NOT_TOLD and generation_of(found.nonce) < ticket.generation:
            return False
        return self.lane.tools.table.get(self.lane.connection.name, keys.work_item_row(found.item.id)) is None

    def _adopted(self, job: Job, attempt: Attempt, matches: Sequence[Found]) -> bool:
        """Further matches become the ticket's duplicates. The item may not say what is desired by now: the pending
        row stays, and the next round compares. False: what was found says nothing of the attempt."""
        made = [(self._made(found, attempt), found.deleted) for found in matches]

        def apply(ticket: Ticket) -> Ticket:
            for one, deleted in made:
                ticket = created(ticket, one)
                ticket = observed(ticket, refer(one.item, one.category, deleted=deleted))
            return ticket

        if apply(job.ticket) == job.ticket:
            return False
        self.lane.write([Change(job.stored, apply, change="created", by=self.lane.connection.identity)])
        return True

    def _made(self, found: Found, attempt: Attempt) -> Made:
        first = as_made(self.lane.organisation, found.item)
        return Made(found.item, self.lane.category(found.item), found.nonce or attempt.nonce, first)

    def _not_found(self, job: Job, attempt: Attempt, asked_at: datetime) -> None:
        times = self.lane.tools.times
        over = attempt.at + timedelta(seconds=times.lease) + _CLOCK_STEP
        if asked_at < over:
            self.lane.defer(job.pending, (over - asked_at).total_seconds())
        elif attempt.looked_at is None:
            self.lane.write([Change(job.stored, lambda ticket: looked_in_vain(ticket, asked_at), change="", by="")])
            self.lane.defer(job.pending, times.look_ups_apart)
        elif asked_at >= attempt.looked_at + timedelta(seconds=times.look_ups_apart):
            self.lane.write([Change(job.stored, not_created, change="", by="")])
        else:
            wait = attempt.looked_at + timedelta(seconds=times.look_ups_apart) - asked_at
            self.lane.defer(job.pending, wait.total_seconds())

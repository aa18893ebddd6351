"""Creates work items: stamp an attempt into each ticket, send, record what came of it.

stamp (transaction)      send ($batch)        record (transaction)
     |-------------------------|---------------------|
A process that dies after the stamp leaves attempts without results: *unknown*, never sent again blindly.
"""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import batched

from shared.azure_devops.batches import Outcome, together
from shared.azure_devops.organisation import Call
from shared.azure_devops.work_items import WorkItem, add_fields, add_hyperlink, create
from shared.errors import BridgeError, RefusedError, TransientError, UnknownError
from shared.storage import tables
from shared.storage.tables import RowChangedError
from shared.tickets import keys
from shared.tickets.journal import Change
from shared.tickets.lane import Job, Lane, concerns_connection, failure_of
from shared.tickets.leases import LeaseLostError
from shared.tickets.records import Attempt, Stored, Ticket
from shared.tickets.transitions import attempted, created, not_created, summarised
from shared.tickets.work_item_fields import hyperlink, set_once

BATCH = 50
"""How many creates travel in one `$batch`; Microsoft names no limit, and half a minute is long enough."""


@dataclass(slots=True)
class Refusals:
    """Refusals of whole types, so that a missing required field is not asked for a thousand times."""

    seconds: float
    _known: dict[tuple[str, str, str], tuple[float, RefusedError]] = field(default_factory=dict)

    def remember(self, key: tuple[str, str, str], error: RefusedError) -> None:
        """Take a refusal that names fields as the answer for all items of the project and type."""
        if error.fields:
            self._known[key] = (time.monotonic() + self.seconds, error)

    def find(self, key: tuple[str, str, str]) -> RefusedError | None:
        """Return the refusal that still stands."""
        until, error = self._known.get(key, (0.0, None))
        return error if time.monotonic() < until else None


@dataclass(frozen=True, slots=True)
class Creator:
    """Creates the work items of a lane's jobs."""

    lane: Lane
    refusals: Refusals

    def run(self, jobs: Sequence[Job]) -> None:
        """Create one work item for each job. Raises `PausedError` when the connection must wait."""
        todo: list[Job] = []
        refused: list[Change] = []
        for job in jobs:
            error = self.refusals.find(self._kind(job))
            if error:
                refused.append(failure_of(job, error))
            else:
                todo.append(job)
        self.lane.write(refused)
        for batch in batched(todo, BATCH, strict=False):
            self._create(batch)

    def _create(self, jobs: Sequence[Job]) -> None:
        self._learn_states(jobs)
        stamped = self._stamp(jobs)
        if not stamped:
            return
        outcomes = self._send([self._call(job) for job in stamped])
        changes = [change for job, outcome in zip(stamped, outcomes, strict=True) for change in self._end(job, outcome)]
        self.lane.write(changes)
        for job, outcome in zip(stamped, outcomes, strict=True):
            self._after(job, outcome)

    def _learn_states(self, jobs: Sequence[Job]) -> None:
        """Ask before anything is sent what is needed to record its result."""
        for project, work_item_type in {(job.link.project_id, job.link.work_item_type) for job in jobs}:
            self.lane.tools.categories.states(self.lane.organisation, project, work_item_type)

    def _stamp(self, jobs: Sequence[Job]) -> list[Job]:
        """Write an attempt into each ticket; one that somebody else changed meanwhile is left for the next round."""
        tools, connection = self.lane.tools, self.lane.connection.name
        left = [self._with_attempt(job) for job in jobs]
        while left:
            lease = self.lane.lease
            operations = [lease.operation(), *(_put(before.stored, after.ticket) for before, after in left)]
            started = tools.leases.monotonic()
            try:
                etags = tools.table.transact(connection, operations)
            except RowChangedError as error:
                if error.index == 0:
                    raise LeaseLostError("The lane has another worker now.") from error
                del left[error.index - 1]
                continue
            lease.etag, lease.written = etags[0], started
            return [
                replace(after, stored=replace(after.stored, etag=etag))
                for (_, after), etag in zip(left, etags[1:], strict=True)
            ]
        return []

    def _with_attempt(self, job: Job) -> tuple[Job, Job]:
        attempt = Attempt(secrets.token_hex(8), self.lane.tools.table.clock.now(), job.link.project_id)
        ticket = attempted(summarised(job.ticket, job.vulnerability), attempt, job.desired)
        return job, replace(job, stored=replace(job.stored, ticket=ticket))

    def _call(self, job: Job) -> Call[WorkItem]:
        attempt = job.ticket.attempt
        if attempt is None:
            raise ValueError("a create needs its attempt")
        ticket_id = self.lane.ticket_id(job)
        link = hyperlink(self.lane.tools.public_url, ticket_id, attempt.nonce)
        fields = {**job.desired.fields, **set_once(job.link, self.lane.connection.tag)}
        patch = [*add_fields(fields), add_hyperlink(link, f"Ticket {ticket_id}")]
        return create(job.link.project_id, job.link.work_item_type, patch)

    def _send(self, calls: Sequence[Call[WorkItem]]) -> list[Outcome]:
        self.lane.ready_to_send()
        try:
            if len(calls) == 1:
                return [self.lane.organisation.do(calls[0])]
            return self.lane.organisation.do(together(calls))
        except BridgeError as error:
            return [error] * len(calls)

    def _end(self, job: Job, outcome: Outcome) -> list[Change]:
        """What is known for certain of a job; of an unknown outcome, nothing is."""
        match outcome:
            case WorkItem():
                return [self._created(job, outcome)]
            case UnknownError():
                return []
            case TransientError():
                return [_undone(job)]
            case error if concerns_connection(error):
                return [_undone(job)]
            case error:
                if isinstance(error, RefusedError):
                    self.refusals.remember(self._kind(job), error)
                return [failure_of(job, error)]

    def _created(self, job: Job, item: WorkItem) -> Change:
        category = self.lane.category(job.link.project_id, item.type, item.state)
        return Change(
            job.stored,
            lambda ticket: created(ticket, item, category),
            change="created",
            by=self.lane.connection.identity,
            done=job.pending,
        )

    def _after(self, job: Job, outcome: Outcome) -> None:
        if isinstance(outcome, BridgeError) and concerns_connection(outcome):
            raise self.lane.pause(outcome)
        if isinstance(outcome, TransientError) and not isinstance(outcome, UnknownError):
            self.lane.defer(job, self.lane.tools.times.retry)

    def _kind(self, job: Job) -> tuple[str, str, str]:
        return (self.lane.connection.name, job.link.project_id, job.link.work_item_type)


def _undone(job: Job) -> Change:
    return Change(job.stored, not_created, change="", by="")


def _put(stored: Stored, ticket: Ticket) -> tables.Operation:
    row, values = keys.ticket_row(stored.key), ticket.values()
    return tables.replace(row, values, stored.etag) if stored.etag else tables.create(row, values)

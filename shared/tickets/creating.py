"""Creates work items: stamp an attempt into each ticket, send, record what came of it.

stamp (transaction)      send ($batch)        record (transaction)
     |-------------------------|---------------------|
A process that dies after the stamp leaves attempts without results: *unknown*, never sent again blindly.
"""

import secrets
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import batched

from shared.azure_devops.batches import Outcome
from shared.azure_devops.organisation import Call
from shared.azure_devops.work_items import WorkItem, add_fields, add_hyperlink, create
from shared.errors import BridgeError, RefusedError, TransientError, UnknownError
from shared.links.item_fields import set_once
from shared.tickets.journal import Change
from shared.tickets.lane import Job, Lane, concerns_connection, failure_of
from shared.tickets.pending import is_asked, tries
from shared.tickets.records import Attempt, Ticket
from shared.tickets.transitions import Made, attempted, created, not_created, summarised
from shared.tickets.work_item_fields import hyperlink

BATCH = 50
"""How many creates travel in one `$batch`; Microsoft names no limit, and half a minute is long enough."""

_ALONE_AFTER = 4
"""Tries of a pending row: an attempt without a result costs two, one for each look-up."""


@dataclass(slots=True)
class Refusals:
    """Refusals of whole types, so that a missing required field is not asked for a thousand times."""

    seconds: float
    _known: dict[tuple[str, str, str], tuple[float, RefusedError]] = field(default_factory=dict)

    def remember(self, key: tuple[str, str, str], error: RefusedError, sent: Collection[str]) -> None:
        """Take a refusal as the answer for all items of the project and type, if no value of ours is to blame."""
        if error.fields and not set(error.fields) & set(sent):
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
        """Create one work item for each job, all of one project and type.

        Raises `PausedError` when the connection must wait.
        """
        refusal = self.refusals.find(self._kind(jobs[0]))
        if refusal:
            self.lane.write([failure_of(job, refusal) for job in jobs if not is_asked(job.pending)])
            jobs = [job for job in jobs if is_asked(job.pending)]
        if jobs:
            self._learn_states(jobs[0])
            self._compare(jobs[0].link.project_id)
        for batch in _batches(jobs):
            self._create(batch)

    def _create(self, jobs: Sequence[Job]) -> None:
        stamped = self.lane.stamp(jobs, [self._with_attempt(job) for job in jobs])
        if not stamped:
            return
        outcomes = self.lane.send([self._call(job) for job in stamped])
        ends = [end for job, outcome in zip(stamped, outcomes, strict=True) for end in self._end(job, outcome)]
        self.lane.write(ends)
        for job, outcome in zip(stamped, outcomes, strict=True):
            self._after(job, outcome)

    def _learn_states(self, job: Job) -> None:
        """Ask before anything is sent what is needed to record its result."""
        categories = self.lane.tools.categories
        categories.states(self.lane.organisation, job.link.project_id, job.making.work_item_type)

    def _compare(self, project: str) -> None:
        """Nothing is created before we know which work items carry tickets: the tables may be new, or old."""
        lane = self.lane
        if lane.condition.epochs.get(project) != lane.tools.adoption.epoch:
            lane.tools.adoption.ensure(lane.connection, lane.organisation, project)
            lane.condition = lane.tools.health.of(lane.connection.name)

    def _with_attempt(self, job: Job) -> Ticket:
        attempt = Attempt(secrets.token_hex(8), self.lane.tools.table.clock.now(), job.link.project_id)
        return attempted(summarised(job.ticket, job.members), attempt, job.desired)

    def _call(self, job: Job) -> Call[WorkItem]:
        ticket_id = self.lane.ticket_id(job)
        link = hyperlink(self.lane.tools.public_url, ticket_id, _attempt(job).nonce)
        fields = {**job.desired.fields, **set_once(job.making, job.link.project, self.lane.connection.tag)}
        patch = [*add_fields(fields), add_hyperlink(link, f"Ticket {ticket_id}")]
        return create(job.link.project_id, job.making.work_item_type, patch)

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
                    self.refusals.remember(self._kind(job), error, job.desired.fields)
                return [failure_of(job, error)]

    def _created(self, job: Job, item: WorkItem) -> Change:
        made = Made(item, self.lane.category(item), _attempt(job).nonce, item.fields)
        return Change(
            job.stored,
            lambda ticket: created(ticket, made),
            change="created",
            by=self.lane.connection.identity,
            done=job.pending,
        )

    def _after(self, job: Job, outcome: Outcome) -> None:
        if isinstance(outcome, BridgeError) and concerns_connection(outcome):
            raise self.lane.pause(outcome)
        if isinstance(outcome, TransientError) and not isinstance(outcome, UnknownError):
            self.lane.postpone(job.pending)

    def _kind(self, job: Job) -> tuple[str, str, str]:
        return (self.lane.connection.name, job.link.project_id, job.making.work_item_type)


def _batches(jobs: Sequence[Job]) -> Iterator[Sequence[Job]]:
    """Tickets whose creates came to nothing again and again go alone: one of them may spoil every batch it is in."""
    yield from batched([job for job in jobs if tries(job.pending) < _ALONE_AFTER], BATCH, strict=False)
    yield from ([job] for job in jobs if tries(job.pending) >= _ALONE_AFTER)


def _attempt(job: Job) -> Attempt:
    if job.ticket.attempt is None:
        raise ValueError("a create needs its attempt")
    return job.ticket.attempt


def _undone(job: Job) -> Change:
    return Change(job.stored, not_created, change="", by="")

"""Creates work items: stamp an attempt into each ticket, send, record what came of it.

stamp (transaction)      send ($batch)        record (transaction)
     |-------------------------|---------------------|
A process that dies after the stamp leaves attempts without results: *unknown*, never sent again blindly.
"""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shared.azure_devops.batches import Outcome
from shared.azure_devops.organisation import Call
from shared.azure_devops.work_items import WorkItem, add_fields, add_hyperlink, create
from shared.errors import BridgeError, NotFoundError, RefusedError, TransientError, UnknownError
from shared.tickets.item_content.work_item_fields import hyperlink, in_format
from shared.tickets.lanes.pending import is_asked, tries
from shared.tickets.life.attempts import new_nonce
from shared.tickets.life.transitions import Made, attempted, created, not_created, summarised
from shared.tickets.rows.records import Attempt, Ticket
from shared.tickets.updates.journal import Change
from shared.tickets.work.admission import Admission, Admitted
from shared.tickets.work.apart import Apart, not_done
from shared.tickets.work.attaching import Attaching
from shared.tickets.work.concerns import concerns_connection
from shared.tickets.work.extras import ASSIGNED_TO, Extra, Extras, parent, related, told
from shared.tickets.work.jobs import Job, failure_of
from shared.tickets.work.lane import Lane

type Operations = Sequence[Mapping[str, Any]]
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
class _Draft:
    """A create as it is to be sent, and its ticket as it is to be stamped."""

    job: Job
    ticket: Ticket
    call: Call[WorkItem]


@dataclass(frozen=True, slots=True)
class Creator:
    """Creates the work items of a lane's jobs."""

    lane: Lane
    refusals: Refusals
    admission: Admission

    def run(self, jobs: Sequence[Job]) -> None:
        """Create one work item for each job that is let in, all of one project and type.

        Raises `PausedError` when the connection must wait.
        """
        jobs = self.admission.through_filters(jobs)
        refusal = self.refusals.find(self._kind(jobs[0])) if jobs else None
        if refusal:
            self.lane.write([failure_of(job, refusal) for job in jobs if not is_asked(job.pending)])
            jobs = [job for job in jobs if is_asked(job.pending)]
        if jobs:
            self._learn_states(jobs[0])
            self._compare(jobs[0].link.project_id)
        for together in _stamped_together(jobs):
            self._create(together)

    def _create(self, jobs: Sequence[Job]) -> None:
        attached = {job.stored.key: self._attached(job) for job in jobs}
        admitted = self.admission.with_shares([job for job in jobs if attached[job.stored.key] is not None])
        drafts = [draft for job in admitted.jobs if (draft := self._draft(job, attached[job.stored.key] or ()))]
        stamped = self._stamped(drafts, admitted)
        calls = {draft.job.stored.key: draft.call for draft in drafts}
        sent = [calls[job.stored.key] for job in stamped]
        ended = list(zip(stamped, self.lane.send(sent) if sent else (), strict=True))
        try:
            self.lane.write([end for job, outcome in ended for end in self._judged(job, outcome)])
        finally:  # also by a worker that has lost its lane
            self.admission.give_back(admitted, used=[job for job, outcome in ended if _may_be(outcome)])
        for job, outcome in ended:
            self._after(job, outcome)

    def _stamped(self, drafts: Sequence[_Draft], admitted: Admitted) -> Sequence[Job]:
        try:
            return self.lane.stamp([draft.job for draft in drafts], [draft.ticket for draft in drafts])
        except BridgeError:
            self.admission.give_back(admitted, used=())  # nothing was sent
            raise

    def _attached(self, job: Job) -> Operations | None:
        """Upload a job's files before anything is stamped; None if it has to be tried again later."""
        with Apart(self.lane, job.pending):
            return self._uploaded(job)
        return None

    def _uploaded(self, job: Job) -> Operations | None:
        try:
            return Attaching(self.lane).uploaded(job, job.link.project_id)
        except (RefusedError, NotFoundError) as error:
            Extras(self.lane).leave_out(job, Extra.ATTACHMENTS, error)
            return ()
        except TransientError as error:
            not_done(self.lane, job, error)
            return None

    def _draft(self, job: Job, attached: Operations) -> _Draft | None:
        """All that is sent, before anything is stamped: what nobody foresaw leaves no attempt behind."""
        with Apart(self.lane, job.pending):
            ticket = self._with_attempt(job)
            about_to = replace(job, stored=replace(job.stored, ticket=ticket))
            return _Draft(job, ticket, self._call(about_to, attached))
        return None

    def _learn_states(self, job: Job) -> None:
        """Ask before anything is sent what is needed to record its result."""
        categories = self.lane.tools.categories
        categories.workflow(self.lane.organisation, job.link.project_id, job.making.work_item_type)

    def _compare(self, project: str) -> None:
        """Nothing is created before we know which work items carry tickets: the tables may be new, or old."""
        lane = self.lane
        if lane.condition.epochs.get(project) != lane.tools.adoption.epoch:
            lane.tools.adoption.ensure(lane.connection, lane.organisation, project)
            lane.condition = lane.tools.health.of(lane.connection.name)

    def _with_attempt(self, job: Job) -> Ticket:
        attempt = Attempt(new_nonce(job.ticket.generation), self.lane.tools.table.clock.now(), job.link.project_id)
        return attempted(summarised(job.ticket, job.members), attempt, job.desired)

    def _call(self, job: Job, attached: Operations) -> Call[WorkItem]:
        ticket_id = self.lane.ticket_id(job)
        link = hyperlink(self.lane.tools.public_url, ticket_id, _attempt(job).nonce)
        wanted, left_out = Extras(self.lane).wanted(job), Extras(self.lane).left_out(job)
        fields = {name: value for name, value in {**job.desired.fields, **job.desired.once}.items() if value != ""}
        if Extra.ASSIGNEE in left_out:
            del fields[ASSIGNED_TO]
        if left_out:
            fields["System.History"] = told(left_out, wanted)
        patch = [*add_fields(fields), *in_format(fields, job.making), add_hyperlink(link, f"Ticket {ticket_id}")]
        if Extra.PARENT in wanted and Extra.PARENT not in left_out:
            patch.append(parent(self.lane.organisation.url, job.making.parent))
        if Extra.PREDECESSOR in wanted and Extra.PREDECESSOR not in left_out:
            patch.append(related(self.lane.organisation.url, job.ticket.predecessor))
        return create(job.link.project_id, job.making.work_item_type, [*patch, *attached])

    def _judged(self, job: Job, outcome: Outcome) -> list[Change]:
        with Apart(self.lane, job.pending):
            return self._end(job, outcome)
        return []

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
            case error if Extras(self.lane).blames(job, error):
                return [_undone(job)]  # the next round makes it without
            case error:
                if isinstance(error, RefusedError):
                    self.refusals.remember(self._kind(job), error, job.desired.fields)
                return [failure_of(job, error)]

    def _created(self, job: Job, item: WorkItem) -> Change:
        self.lane.tell_problems(job)
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


def _stamped_together(jobs: Sequence[Job]) -> Iterator[Sequence[Job]]:
    """Tickets whose creates came to nothing again and again go alone: one of them may spoil every batch it is in."""
    if together := [job for job in jobs if not _goes_alone(job)]:
        yield together
    yield from ([job] for job in jobs if _goes_alone(job))


def _goes_alone(job: Job) -> bool:
    """Uploads before a batch would keep all of it waiting."""
    return tries(job.pending) >= _ALONE_AFTER or bool(job.desired.files)


def _attempt(job: Job) -> Attempt:
    if job.ticket.attempt is None:
        raise ValueError("a create needs its attempt")
    return job.ticket.attempt


def _may_be(outcome: Outcome) -> bool:
    """Whether there is, or may be, a work item."""
    return isinstance(outcome, WorkItem | UnknownError)


def _undone(job: Job) -> Change:
    return Change(job.stored, not_created, change="", by="")

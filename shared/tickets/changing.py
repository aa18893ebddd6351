"""Changes work items: read what they say now, patch only what is ours, record what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import batched
from typing import Any

from shared.azure_devops.batches import Outcome, together
from shared.azure_devops.work_items import (
    MAX_IDS,
    DeletedItem,
    WorkItem,
    add_fields,
    change,
    get_many,
    test_revision,
)
from shared.errors import BridgeError, ConflictError, TransientError
from shared.tickets.journal import Change
from shared.tickets.lane import Job, Lane, concerns_connection, failure_of
from shared.tickets.plan import Patch, plan
from shared.tickets.presence import find_deleted
from shared.tickets.records import Ticket
from shared.tickets.transitions import observed, patched, summarised

_BATCH = 50


@dataclass(frozen=True, slots=True)
class _Edit:
    """One work item, as it is now, and what is to be changed in it."""

    job: Job
    item: WorkItem
    patch: Patch

    def operations(self) -> list[dict[str, Any]]:
        """The JSON patch without its test: empty if nothing is to be sent."""
        fields = dict(self.patch.fields)
        if self.patch.state:
            fields["System.State"] = self.patch.state
        if self.patch.comment:
            fields["System.History"] = self.patch.comment
        return add_fields(fields)


@dataclass(frozen=True, slots=True)
class Changer:
    """Changes the work items of a lane's jobs."""

    lane: Lane

    def run(self, jobs: Sequence[Job]) -> None:
        """Bring each job's work item up to date. Raises `PausedError` when the connection must wait."""
        for batch in batched(jobs, MAX_IDS, strict=False):
            items = self.lane.organisation.do(get_many(job.ticket.work_item.id for job in batch))
            edits = [self._edit(job, items[job.ticket.work_item.id]) for job in batch if _item(job) in items]
            for job in batch:
                if _item(job) not in items:
                    self._missing(job)
            for part in batched((edit for edit in edits if edit), _BATCH, strict=False):
                self._apply(part)

    def _edit(self, job: Job, item: WorkItem) -> _Edit | None:
        states = self.lane.tools.categories.states(self.lane.organisation, item.project, item.type)
        decision = plan(job.desired, job.ticket, item, states)
        return _Edit(job, item, decision) if isinstance(decision, Patch) else None

    def _missing(self, job: Job) -> None:
        """Deleted by a person: that is an observation. Not to be found anywhere: unknown, and left alone."""
        project = job.ticket.work_item.project or job.link.project_id
        where = find_deleted(self.lane.organisation, project, _item(job))
        if not isinstance(where, DeletedItem):
            self.lane.defer(job, self.lane.tools.times.lease)
            return
        self.lane.write([_deleted(job)])

    def _apply(self, edits: Sequence[_Edit]) -> None:
        to_send = [edit for edit in edits if edit.operations()]
        outcomes: dict[int, Outcome] = {edit.item.id: edit.item for edit in edits}
        outcomes |= {edit.item.id: out for edit, out in zip(to_send, self._send(to_send), strict=True)}
        self.lane.write([end for edit in edits for end in self._end(edit, outcomes[edit.item.id])])
        for edit in edits:
            self._after(edit.job, outcomes[edit.item.id])

    def _send(self, edits: Sequence[_Edit]) -> list[Outcome]:
        if not edits:
            return []
        calls = [change(edit.item.id, [test_revision(edit.item.revision), *edit.operations()]) for edit in edits]
        self.lane.ready_to_send()
        try:
            if len(calls) == 1:
                return [self.lane.organisation.do(calls[0])]
            return self.lane.organisation.do(together(calls))
        except BridgeError as error:
            return [error] * len(calls)

    def _end(self, edit: _Edit, outcome: Outcome) -> list[Change]:
        match outcome:
            case WorkItem():
                return [self._patched(edit, outcome)]
            case TransientError() | ConflictError():
                return []
            case error if concerns_connection(error):
                return []
            case error:
                return [failure_of(edit.job, error)]

    def _patched(self, edit: _Edit, item: WorkItem) -> Change:
        job, patch = edit.job, edit.patch
        category = self.lane.category(item.project, item.type, item.state)

        def apply(ticket: Ticket) -> Ticket:
            return patched(summarised(ticket, job.vulnerability), item, category, job.desired, patch)

        return Change(job.stored, apply, change="updated", by=self.lane.connection.identity, done=job.pending)

    def _after(self, job: Job, outcome: Outcome) -> None:
        """What was not done stays pending: a patch tests its revision, so that sending it again is safe."""
        if isinstance(outcome, WorkItem):
            return
        if concerns_connection(outcome):
            raise self.lane.pause(outcome)
        if isinstance(outcome, TransientError | ConflictError):
            self.lane.defer(job, self.lane.tools.times.retry)


def _item(job: Job) -> int:
    return job.ticket.work_item.id


def _deleted(job: Job) -> Change:
    def apply(ticket: Ticket) -> Ticket:
        return observed(summarised(ticket, job.vulnerability), replace(ticket.work_item, deleted=True))

    return Change(job.stored, apply, change="deleted", by="", done=job.pending)

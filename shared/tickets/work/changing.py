"""Changes work items: read what they say now, patch only what is ours, record what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import batched, compress, groupby
from typing import Any

from shared.azure_devops.batches import Outcome
from shared.azure_devops.organisation import Call
from shared.azure_devops.work_item_types import Workflow
from shared.azure_devops.work_items import (
    MAX_IDS,
    DeletedItem,
    WorkItem,
    add_fields,
    change,
    fields_at,
    get_many,
    test_revision,
)
from shared.errors import BridgeError, ConflictError, NotFoundError, RefusedError, TransientError
from shared.tickets.item_content.work_item_fields import in_format
from shared.tickets.lanes.pending import is_given_up, is_patient
from shared.tickets.life.patches import TEXTS, patched, patching, told
from shared.tickets.life.plan import Patch, Renew, plan
from shared.tickets.life.transitions import identity, observed, renewed, summarised
from shared.tickets.rows.records import CLOSED_CATEGORIES, Ticket
from shared.tickets.updates.journal import SELF, Change
from shared.tickets.vulnerabilities.files import missing
from shared.tickets.work.apart import Apart, not_done
from shared.tickets.work.attaching import Attaching
from shared.tickets.work.concerns import concerns_all, concerns_connection
from shared.tickets.work.extras import Extra, Extras
from shared.tickets.work.jobs import Job, failure_of
from shared.tickets.work.lane import Lane
from shared.tickets.work_items.presence import Unknown, find_deleted

_BATCH = 50
_NOWHERE = NotFoundError(
    "Azure DevOps shows the work item neither in its project nor in the recycle bin: it was destroyed, or may not be"
    " seen any more.",
    hint="Give the connection's user access to its project and POST /api/tickets/{ticket}/retry, or unlink the ticket:"
    " DELETE /api/tickets/{ticket}/work-item.",
)


@dataclass(frozen=True, slots=True)
class _Edit:
    """One work item, as it is now, and what is to be changed in it."""

    job: Job
    item: WorkItem
    patch: Patch
    attached: Sequence[dict[str, Any]] = ()

    @property
    def has_files(self) -> bool:
        """Whether files belong to the text that is written anew, and are not there yet."""
        writes_text = any(name in TEXTS for name in self.patch.fields)
        return writes_text and bool(missing(self.job.desired.files, self.item.attachments))

    def operations(self) -> list[dict[str, Any]]:
        """The JSON patch without its test: empty if nothing is to be sent."""
        fields = dict(self.patch.fields)
        if self.patch.state:
            fields["System.State"] = self.patch.state
        if self.patch.comment:
            fields["System.History"] = self.patch.comment
        return [*add_fields(fields), *in_format(fields, self.job.making), *self.attached]

    def announced(self) -> Ticket:
        """The ticket as it is while the patch is under way."""
        goal = self.job.desired.open if self.patch.is_last else self.job.ticket.written_open
        told = self.job.desired.severity
        return patching(self.job.ticket, self.patch, self.item.revision, open_=goal, severity=told)


@dataclass(frozen=True, slots=True)
class Changer:
    """Changes the work items of a lane's jobs."""

    lane: Lane

    def run(self, jobs: Sequence[Job]) -> None:
        """Bring each job's work item up to date. Raises `PausedError` when the connection must wait."""
        for batch in batched(jobs, MAX_IDS, strict=False):
            items = self.lane.organisation.do(get_many(job.ticket.work_item.id for job in batch))
            for job in batch:
                if _item(job) not in items:
                    with Apart(self.lane, job.pending):
                        self._missing(job)
            self._send(self._edits([(job, items[_item(job)]) for job in batch if _item(job) in items]))

    def _edits(self, there: Sequence[tuple[Job, WorkItem]]) -> list[_Edit]:
        """What is to be changed in the items that are there. For their types' workflows is asked once."""
        kinds = groupby(sorted(there, key=_kind), key=_kind)
        return [edit for kind, pairs in kinds for edit in self._of_kind(kind, list(pairs))]

    def _of_kind(self, kind: tuple[str, str], pairs: Sequence[tuple[Job, WorkItem]]) -> list[_Edit]:
        try:
            workflow = self.lane.tools.categories.workflow(self.lane.organisation, *kind)
        except BridgeError as error:
            for job, _ in pairs:
                not_done(self.lane, job, error)
            return []
        return [edit for job, item in pairs if (edit := self._guarded(job, item, workflow))]

    def _guarded(self, job: Job, item: WorkItem, workflow: Workflow) -> _Edit | None:
        """What is wrong with one item is no reason to leave its neighbours as they are."""
        with Apart(self.lane, job.pending):
            try:
                return self._edit(job, item, workflow)
            except BridgeError as error:
                not_done(self.lane, job, error)
        return None

    def _edit(self, job: Job, item: WorkItem, workflow: Workflow) -> _Edit | None:
        if job.ticket.sending and item.revision > job.ticket.sending.revision:
            after = self._at(item, job.ticket.sending.revision + 1)
            self.lane.write([self._told(job, after)])  # the next round compares with what is desired now
            return None
        decision = plan(job.desired, job.ticket, item, workflow)
        if isinstance(decision, Renew):  # the next round makes it
            self.lane.write([_renewed(job)])
        return _Edit(job, item, decision) if isinstance(decision, Patch) else None

    def _send(self, edits: Sequence[_Edit]) -> None:
        """Send many at once; but those with files one by one, each right after its uploads, for they take long."""
        alone = [edit.has_files for edit in edits]
        together = (edit for edit, is_alone in zip(edits, alone, strict=True) if not is_alone)
        for part in batched(together, _BATCH, strict=False):
            self._apply(part)
        for edit in compress(edits, alone):
            with Apart(self.lane, edit.job.pending):
                self._apply([ready] if (ready := self._with_files(edit)) else [])

    def _with_files(self, edit: _Edit) -> _Edit | None:
        """Upload what is to hang on the item and does not yet; None: it waits."""
        try:
            operations = Attaching(self.lane).uploaded(edit.job, edit.item.project, edit.item.attachments)
            return replace(edit, attached=operations)
        except (RefusedError, NotFoundError) as error:
            Extras(self.lane).leave_out(edit.job, Extra.ATTACHMENTS, error)
            return edit
        except TransientError as error:
            not_done(self.lane, edit.job, error)
            return None

    def _at(self, item: WorkItem, revision: int) -> WorkItem:
        """The item as it was at a revision that it has, or had."""
        if item.revision == revision:
            return item
        return replace(
            item, revision=revision, fields=self.lane.organisation.do(fields_at(item.project, item.id, revision))
        )

    def _told(self, job: Job, after: WorkItem) -> Change:
        is_closed = self.lane.category(after) in CLOSED_CATEGORIES
        by_us = identity(after.fields.get("System.ChangedBy")) == self.lane.connection.identity
        return Change(
            job.stored, lambda ticket: told(ticket, after, is_closed=is_closed, by_us=by_us), change="", by=""
        )

    def _missing(self, job: Job) -> None:
        """Deleted by a person: that is an observation. Not to be found anywhere: unknown, which is told in the end."""
        project = job.ticket.work_item.project or job.link.project_id
        try:
            where: DeletedItem | Unknown = find_deleted(self.lane.organisation, project, _item(job))
        except BridgeError as error:
            if concerns_all(error):
                raise
            where = Unknown()
        if isinstance(where, DeletedItem):
            self.lane.write([_deleted(job)])
        elif is_patient(job.pending):
            self.lane.postpone(job.pending)
        else:
            is_over = is_given_up(job.pending)
            self.lane.write([failure_of(job, _NOWHERE, is_over=is_over)])
            if not is_over:
                self.lane.postpone(job.pending)

    def _apply(self, edits: Sequence[_Edit]) -> None:
        silent = [edit for edit in edits if not edit.operations()]
        sent = self._stamp([edit for edit in edits if edit.operations()])
        outcomes: list[Outcome] = [edit.item for edit in silent]
        if sent:
            outcomes += self.lane.send([_call(edit) for edit in sent])
        done = list(zip([*silent, *sent], outcomes, strict=True))
        self.lane.write([end for edit, outcome in done for end in self._judged(edit, outcome)])
        for edit, outcome in done:
            self._after(edit.job, outcome)

    def _stamp(self, edits: Sequence[_Edit]) -> list[_Edit]:
        """Remember what is about to be sent: were its answer lost, our own value would look like a person's."""
        jobs = self.lane.stamp([edit.job for edit in edits], [edit.announced() for edit in edits])
        stamped = {job.stored.key: job for job in jobs}
        return [replace(edit, job=stamped[key]) for edit in edits if (key := edit.job.stored.key) in stamped]

    def _judged(self, edit: _Edit, outcome: Outcome) -> list[Change]:
        with Apart(self.lane, edit.job.pending):
            return self._end(edit, outcome)
        return []

    def _end(self, edit: _Edit, outcome: Outcome) -> list[Change]:
        match outcome:
            case WorkItem():
                return [self._patched(edit, outcome)]
            case TransientError() | ConflictError():
                return []
            case error if concerns_connection(error) or (edit.attached and Extras(self.lane).blames(edit.job, error)):
                return []  # sent again, without what was refused
            case error:
                return [failure_of(edit.job, error)]

    def _patched(self, edit: _Edit, item: WorkItem) -> Change:
        job, category = edit.job, self.lane.category(item)
        self.lane.tell_problems(job)
        word = "detached" if job.ticket.leaving else "updated"

        def apply(ticket: Ticket) -> Ticket:
            taken_in = summarised(ticket, job.members)
            return patched(taken_in, item, category, edit.patch, job.desired)

        done = job.pending if edit.patch.is_last else None
        return Change(job.stored, apply, change=word, by=self.lane.connection.identity, done=done)

    def _after(self, job: Job, outcome: Outcome) -> None:
        """What was not done stays pending: a patch tests its revision, so that sending it again is safe."""
        if isinstance(outcome, WorkItem):
            return
        if concerns_connection(outcome):
            raise self.lane.pause(outcome)
        if isinstance(outcome, TransientError | ConflictError):
            self.lane.postpone(job.pending)


def _call(edit: _Edit) -> Call[WorkItem]:
    return change(edit.item.id, [test_revision(edit.item.revision), *edit.operations()])


def _renewed(job: Job) -> Change:
    return Change(job.stored, lambda ticket: renewed(ticket, ticket.generation + 1), change="returned", by=SELF)


def _kind(pair: tuple[Job, WorkItem]) -> tuple[str, str]:
    return pair[1].project, pair[1].type


def _item(job: Job) -> int:
    return job.ticket.work_item.id


def _deleted(job: Job) -> Change:
    def apply(ticket: Ticket) -> Ticket:
        return observed(summarised(ticket, job.members), replace(ticket.work_item, deleted=True))

    return Change(job.stored, apply, change="deleted", by="", done=job.pending)

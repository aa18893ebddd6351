"""What people asked of tickets and work items that are there is done item by item: each with a patch of its own.

What is wrong with one item stops no other one; what is wrong with the connection stops all.
"""

from collections.abc import Sequence
from itertools import batched
from typing import Protocol

from shared.azure_devops.work_items import MAX_IDS, WorkItem, get_many
from shared.errors import BridgeError, ConflictError, TransientError
from shared.tickets.lanes.pending import is_patient
from shared.tickets.work.apart import Apart
from shared.tickets.work.concerns import concerns_all
from shared.tickets.work.jobs import Job
from shared.tickets.work.lane import Lane
from shared.tickets.work_items.presence import Unknown, find_deleted


class Task(Protocol):
    """What was asked. Its methods may raise any `BridgeError`: one that may pass is for a later round."""

    @property
    def lane(self) -> Lane:
        """The lane of its jobs."""

    def item_of(self, job: Job) -> tuple[str, int]:
        """Return the project and the number of the work item that it is about."""

    def carry_out(self, job: Job, item: WorkItem) -> None:
        """Do it with the item as it is now."""

    def deleted(self, job: Job) -> None:
        """The item was deleted, or is nowhere for long."""

    def refused(self, job: Job, error: BridgeError) -> None:
        """It cannot be done."""


def one_by_one(task: Task, jobs: Sequence[Job]) -> None:
    """Do it for each job. Raises what concerns the connection, and that the lane is lost or must pause."""
    for batch in batched(jobs, MAX_IDS, strict=False):
        items = task.lane.organisation.do(get_many({task.item_of(job)[1] for job in batch}))
        for job in batch:
            with Apart(task.lane, job.pending):
                _guarded(task, job, items.get(task.item_of(job)[1]))


def _guarded(task: Task, job: Job, item: WorkItem | None) -> None:
    try:
        if item:
            task.carry_out(job, item)
        else:
            _missing(task, job)
    except BridgeError as error:
        if concerns_all(error):
            raise
        if isinstance(error, TransientError | ConflictError):
            task.lane.postpone(job.pending)
        else:
            task.refused(job, error)


def _missing(task: Task, job: Job) -> None:
    gone = find_deleted(task.lane.organisation, *task.item_of(job))
    if isinstance(gone, Unknown) and is_patient(job.pending):
        task.lane.postpone(job.pending)
    else:
        task.deleted(job)

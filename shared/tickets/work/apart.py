"""What goes wrong with one ticket ends or puts off that ticket, and none of those that are due with it."""

import logging
from dataclasses import dataclass
from types import TracebackType

from shared.errors import BridgeError, NotFoundError, RefusedError
from shared.storage.tables import Row
from shared.tickets.work.concerns import concerns_all
from shared.tickets.work.jobs import Job, failure_of
from shared.tickets.work.lane import Lane

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Apart:
    """A block that works on one ticket: what nobody foresaw puts it off. Errors of ours are its caller's to judge."""

    lane: Lane
    pending: Row

    def __enter__(self) -> None:
        """Begin the block."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        """Put the ticket off, and go on behind the block."""
        if isinstance(error, BridgeError) or not isinstance(error, Exception):
            return False
        where = {"connection": self.lane.connection.name, "row": self.pending.key}
        log.error("a ticket cannot be worked on", extra=where, exc_info=error)
        self.lane.postpone(self.pending)
        return True


def not_done(lane: Lane, job: Job, error: BridgeError, *, may_fail: bool = True) -> None:
    """End a job as failed, or put it off. Raises what concerns all: also that the connection is in trouble by now."""
    if concerns_all(error):
        raise error
    log.warning("work not done", extra={"connection": lane.connection.name, "why": error.message})
    if may_fail and isinstance(error, RefusedError | NotFoundError):
        lane.write([failure_of(job, error)])
    else:
        lane.postpone(job.pending)
    lane.look_after_connection()

"""A ticket that needs work, with all that is known of it, and how its work ends as failed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.connections.defaults import Defaults
from shared.errors import BridgeError, RefusedError
from shared.links.models import Link
from shared.storage.tables import Row
from shared.tickets.life.plan import Desired
from shared.tickets.life.transitions import failed, summarised
from shared.tickets.rows.records import Stored, Ticket
from shared.tickets.updates.journal import SELF, Change
from shared.tickets.vulnerabilities.snapshots import Vulnerability


@dataclass(frozen=True, slots=True)
class Job:
    """One ticket that needs work, with all that is known of it. `link` is as it concerns the lane's connection.

    `members` are in order; a group that has lost all of them has none. `first_seen`: the earliest moment for which each
    was told, by id.
    """

    pending: Row
    stored: Stored
    members: Sequence[Vulnerability]
    link: Link
    making: Defaults
    desired: Desired
    first_seen: Mapping[str, datetime]

    @property
    def ticket(self) -> Ticket:
        """The ticket as it was read."""
        return self.stored.ticket


def failure_of(job: Job, error: BridgeError, *, is_over: bool = True) -> Change:
    """Return the change that shows a job as failed, with the reason in the user's words, and ends it if it is over."""
    code = error.rule if isinstance(error, RefusedError) else "refused"
    return Change(
        job.stored,
        lambda ticket: failed(summarised(ticket, job.members), error, code),
        change="failed",
        by=SELF,
        done=job.pending if is_over else None,
    )

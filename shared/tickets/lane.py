"""What the parts of a lane's work share: the jobs at hand, and how each of them ends."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.azure_devops.organisation import Organisation
from shared.connections.models import Connection
from shared.errors import BridgeError, CredentialError, RefusedError, ThrottledError
from shared.links.models import Link
from shared.storage import tables
from shared.storage.tables import Row, RowChangedError, Table
from shared.tickets import keys
from shared.tickets.categories import Categories
from shared.tickets.health import Health
from shared.tickets.journal import Change, Journal
from shared.tickets.leases import Lease, Leases
from shared.tickets.outbox import Outbox
from shared.tickets.plan import Desired
from shared.tickets.records import Stored, Ticket
from shared.tickets.snapshots import Vulnerability
from shared.tickets.transitions import failed, summarised
from shared.tickets.wake_ups import WakeUps
from shared.times import Times

log = logging.getLogger(__name__)
SELF = "azure-devops-bridge"
"""Who changed a ticket when it was us."""
_CREDENTIAL_PAUSES = 10  # times `retry`: asking again and again with a dead credential locks accounts


class PausedError(BridgeError):
    """The connection must wait: the lane's work ends here and goes on with a later wake-up."""


@dataclass(frozen=True, slots=True)
class Job:
    """One ticket that needs work, with all that is known of it."""

    pending: Row
    stored: Stored
    vulnerability: Vulnerability
    link: Link
    desired: Desired

    @property
    def ticket(self) -> Ticket:
        """The ticket as it was read."""
        return self.stored.ticket


@dataclass(frozen=True, slots=True)
class Tools:
    """What every lane needs; built once per process."""

    table: Table
    leases: Leases
    journal: Journal
    outbox: Outbox
    wake_ups: WakeUps
    categories: Categories
    health: Health
    times: Times
    public_url: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane of one connection while we own its lease."""

    tools: Tools
    connection: Connection
    organisation: Organisation
    lease: Lease

    def ready_to_send(self) -> None:
        """Make sure that the answer to a request that starts now comes before the lease ends."""
        if not self.tools.leases.may_send(self.lease):
            self.tools.leases.renew(self.connection.name, self.lease)

    def ticket_id(self, job: Job) -> str:
        """The job's ticket in the API."""
        return keys.public_id(self.connection.name, job.stored.key)

    def category(self, project: str, work_item_type: str, state: str) -> str:
        """The category of a state of a type."""
        return self.tools.categories.category(self.organisation, project, work_item_type, state)

    def write(self, changes: Sequence[Change]) -> None:
        """Write changes, fenced by the lease, and send what they have to say."""
        if changes:
            unsent = self.tools.journal.write(self.connection.name, changes, self.lease)
            self.tools.outbox.send_all(self.connection.name, unsent)

    def defer(self, job: Job, seconds: float) -> None:
        """Look at a ticket again later, unless a newer snapshot of it makes it due at once."""
        due = self.tools.table.clock.now() + timedelta(seconds=seconds)
        tries = int(str(job.pending.values.get("tries", 0))) + 1
        later = tables.merge(job.pending.key, {"due": due, "tries": tries}, job.pending.etag)
        try:
            self.tools.table.write(self.connection.name, later)
        except RowChangedError:
            return
        self.tools.wake_ups.send_later(self.connection.name, self.lease.lane, seconds)

    def pause(self, error: BridgeError) -> PausedError:
        """Let the whole connection wait after a refusal that concerns all of its tickets."""
        seconds = (
            error.retry_after if isinstance(error, ThrottledError) else self.tools.times.retry * _CREDENTIAL_PAUSES
        )
        code = "throttled" if isinstance(error, ThrottledError) else "credential"
        log.warning("connection paused", extra={"connection": self.connection.name, "code": code, "seconds": seconds})
        self.tools.health.pause(self.connection.name, seconds, error, code)
        self.tools.wake_ups.send_later(self.connection.name, self.lease.lane, seconds)
        return PausedError(error.message)


def concerns_connection(error: BridgeError) -> bool:
    """Whether an error says something of the connection, not of one ticket."""
    return isinstance(error, ThrottledError | CredentialError)


def failure_of(job: Job, error: BridgeError) -> Change:
    """Return the change that ends a job as failed, with the reason in the user's words."""
    code = error.rule if isinstance(error, RefusedError) else "not_found"
    return Change(
        job.stored,
        lambda ticket: failed(summarised(ticket, job.vulnerability), error, code),
        change="failed",
        by=SELF,
        done=job.pending,
    )

"""A lane while we own its lease: how its calls are sent and its changes written, and how its tickets wait."""

import logging
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from itertools import batched

from shared.alerts import Alerts
from shared.azure_devops.batches import Outcome, WholeBatchError, together
from shared.azure_devops.organisation import Call, Organisation
from shared.azure_devops.work_items import WorkItem
from shared.connections.defaults import Defaults
from shared.connections.models import Connection
from shared.connections.store import ConnectionStore
from shared.errors import BridgeError, RefusedError, RejectedRequestError, ThrottledError, TransientError
from shared.links.models import Link
from shared.storage.tables import Row, RowChangedError, Table
from shared.tickets.item_content.type_fields import TypeFields
from shared.tickets.item_content.work_item_fields import Place
from shared.tickets.lanes.health import Condition, Health
from shared.tickets.lanes.leases import Lease, LeaseLostError, Leases
from shared.tickets.lanes.pending import due_later, tries
from shared.tickets.lanes.wake_ups import WakeUps
from shared.tickets.rows import keys
from shared.tickets.rows.records import Ticket
from shared.tickets.rows.ticket_rows import read_ticket
from shared.tickets.updates.journal import MAX_CHANGES, Change, ContendedError, Journal, Unsent, put
from shared.tickets.updates.outbox import Outbox
from shared.tickets.work.concerns import PausedError
from shared.tickets.work.jobs import Job
from shared.tickets.work.notices import Notices
from shared.tickets.work.refused import Refused
from shared.tickets.work.widths import Widths
from shared.tickets.work_items.adoption import Adoption
from shared.tickets.work_items.categories import Categories
from shared.times import Times

log = logging.getLogger(__name__)
TEMPLATE_ALERT = "template_failed"
STUCK_ALERT = "ticket_stuck"
_LEAST_TOGETHER, _MOST_TOGETHER = 32, 50
_MANY, _LEAST_OF_MANY = 64, 16
"""Where so many are sent there are more behind them, and time counts for more than a few requests."""
_MAX_DOUBLINGS = 6
_TOLD_AT = 12
"""Times that a ticket is put off, in about four hours, before somebody hears of it."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What every lane needs; built once per process."""

    table: Table
    connections: ConnectionStore
    leases: Leases
    journal: Journal
    outbox: Outbox
    wake_ups: WakeUps
    categories: Categories
    type_fields: TypeFields
    health: Health
    alerts: Alerts
    notices: Notices
    refused: Refused
    adoption: Adoption
    times: Times
    public_url: str
    widths: Widths = field(default_factory=Widths)


@dataclass(slots=True)
class Lane:
    """One lane of one connection while we own its lease."""

    tools: Tools
    connection: Connection
    organisation: Organisation
    lease: Lease
    condition: Condition

    def send(self, calls: Sequence[Call[WorkItem]]) -> list[Outcome]:
        """Send changes of work items that were just stamped, several in one request; return the outcome of each.

        Many go as several requests, of which as many at once as Azure DevOps takes.
        """
        if self.condition.single_calls:
            return [self._send_one(call) for call in calls]
        width = self.tools.widths.of(self.connection.name)
        parts = list(batched(calls, _together(len(calls), width), strict=False))
        if len(parts) == 1:
            outcomes = self._send_together(parts[0])
        else:
            with ThreadPoolExecutor(width) as threads:
                ends = [threads.submit(copy_context().run, self._send_together, part) for part in parts]
            outcomes = [outcome for end in ends for outcome in end.result()]
        slower = bool(self.organisation.slow_down) or any(isinstance(one, ThrottledError) for one in outcomes)
        self.tools.widths.learn(self.connection.name, slower=slower)
        return outcomes

    def _send_together(self, calls: Sequence[Call[WorkItem]]) -> list[Outcome]:
        """A batch that is refused as a whole was not carried out: its calls go one by one."""
        if len(calls) == 1:
            return [self._send_one(calls[0])]
        try:
            outcomes = self.send_in_time(together(calls))
        except (RefusedError, RejectedRequestError):
            return [self._send_one(call) for call in calls]
        except BridgeError as error:
            outcomes = [error] * len(calls)
        if any(isinstance(outcome, WholeBatchError) for outcome in outcomes):
            self.tools.health.batch_trouble(self.connection.name)
        return outcomes

    def _send_one(self, call: Call[WorkItem]) -> Outcome:
        try:
            return self.send_in_time(call)
        except BridgeError as error:
            return error

    def send_in_time[T](self, call: Call[T]) -> T:
        """Send a change: what starts within the window after the stamp is over before the lease is, or it does not
        start: `TransientError`."""
        if not self.tools.leases.may_send(self.lease):
            raise TransientError("There was no time left to send it.")
        return self.organisation.do(call)

    def stamp(self, jobs: Sequence[Job], after: Sequence[Ticket]) -> list[Job]:
        """Write what is about to be sent into each job's ticket, fenced by the lease.

        Returns the jobs whose tickets say so now; one that somebody else changed meanwhile is left for the next
        round. Raises `LeaseLostError`.
        """
        pairs = list(zip(jobs, after, strict=True))
        try:
            return self._stamp(list(pairs))
        except BridgeError:
            raise
        except Exception:
            log.exception("tickets cannot be stamped", extra={"connection": self.connection.name, "count": len(pairs)})
            if len(pairs) > 1:  # one of them is to blame: the others go on without it
                return [stamped for job, ticket in pairs for stamped in self.stamp([job], [ticket])]
            self.postpone(pairs[0][0].pending)
            return []

    def _stamp(self, left: list[tuple[Job, Ticket]]) -> list[Job]:
        done: list[Job] = []
        while left:
            operations = [self.lease.operation(), *(put(job.stored, ticket) for job, ticket in left)]
            started = self.tools.leases.monotonic()
            try:
                etags = self.tools.table.transact(self.connection.name, operations)
            except RowChangedError as error:
                done += self._unstampable(left, error.index)
                continue
            self.lease.etag, self.lease.written = etags[0], started
            return done + [_stamped(job, ticket, etag) for (job, ticket), etag in zip(left, etags[1:], strict=True)]
        return done

    def _unstampable(self, left: list[tuple[Job, Ticket]], index: int) -> list[Job]:
        """Take out of `left` what a transaction failed for; it may be a write of ours whose answer was lost."""
        if index == 0:
            if not self.tools.leases.recover(self.connection.name, self.lease):
                raise LeaseLostError("The lane has another worker now.")
            return []
        job, ticket = left.pop(index - 1)
        row = self.tools.table.get(self.connection.name, keys.ticket_row(job.stored.key))
        found = read_ticket(row) if row else None
        return [_stamped(job, ticket, found.etag)] if found and found.ticket == ticket else []

    def ticket_id(self, job: Job) -> str:
        """The job's ticket in the API."""
        return keys.public_id(self.connection.name, job.stored.key)

    def place(self, ticket: Ticket, link: Link, making: Defaults) -> Place:
        """Where a ticket's work item is, or is to be. Raises what Azure DevOps raises when it cannot be asked."""
        item = ticket.work_item
        project, kind = (item.project or link.project_id, item.type) if item.id else (link.project_id, "")
        kind = kind or making.work_item_type
        only_looks = bool(ticket.attempt) and not item.id  # what is desired plays no part in it
        known = {} if only_looks else self.tools.type_fields.of(self.organisation, project, kind)
        return Place(link.project, kind, known, self.connection.tag)

    def category(self, item: WorkItem) -> str:
        """The category of an item's state; empty while it cannot be asked for, for the item is there all the same."""
        try:
            return self.tools.categories.category(self.organisation, item.project, item.type, item.state)
        except BridgeError as error:
            log.warning("state not known", extra={"connection": self.connection.name, "why": error.message})
            return ""

    def write(self, changes: Sequence[Change]) -> None:
        """Write changes, fenced by the lease, and send what they have to say.

        One that no row takes is left out and put off; its neighbours are written.
        """
        for part in batched(changes, MAX_CHANGES, strict=False):
            self._write(part)

    def _write(self, changes: Sequence[Change]) -> None:
        """Write what fits one transaction: all of it, or without what spoils it."""
        try:
            unsent = self.tools.journal.write(self.connection.name, changes, self.lease)
        except Exception as error:
            if isinstance(error, BridgeError) and not isinstance(error, ContendedError):
                raise
            tickets = [change.stored.key for change in changes]
            log.exception("tickets cannot be written", extra={"connection": self.connection.name, "tickets": tickets})
            if len(changes) > 1:
                self._write_apart(changes)
            else:
                self._set_aside(changes[0].stored.key)
        else:
            self._send(unsent)

    def _write_apart(self, changes: Sequence[Change]) -> None:
        for change in changes:
            self._write([change])

    def _set_aside(self, ticket: str) -> None:
        row = self.tools.table.get(self.connection.name, keys.pending_row(ticket))
        if row:
            self.postpone(row)

    def _send(self, unsent: Sequence[Unsent]) -> None:
        """What cannot be sent stays in the outbox; the sweep tries again."""
        try:
            self.tools.outbox.send_all(self.connection.name, unsent)
        except BridgeError:
            raise
        except Exception:
            log.exception("updates cannot be sent", extra={"connection": self.connection.name})

    def stay(self) -> None:
        """Renew the lease, if its last write is some time ago: before work that takes long and writes nothing.

        Raises `LeaseLostError`.
        """
        if not self.tools.leases.may_send(self.lease):
            self.tools.leases.renew(self.connection.name, self.lease)

    def tell_problems(self, job: Job) -> None:
        """Alert whoever can mend them to templates that made no text for a work item that was written all the same."""
        for problem in job.desired.problems:
            self.tools.notices.tell(
                TEMPLATE_ALERT,
                self.connection.name,
                f"A template of the link of the {job.link.kind} {job.link.asset} could not be used: {problem}.",
                hint="The work items have the standard text, and say so. Correct the template and save the link.",
            )

    def defer(self, pending: Row, seconds: float) -> None:
        """Look at a ticket again later, unless a newer snapshot of it makes it due at once.

        One for which that is done again and again is told of.
        """
        if tries(pending) == _TOLD_AT:
            self._tell_stuck(keys.ticket_of_pending(pending.key))
        with suppress(RowChangedError):
            later = due_later(pending, self.tools.table.clock.now(), seconds)
            self.tools.table.write(self.connection.name, later)
        self.tools.wake_ups.send_later(self.connection.name, self.lease.lane, seconds)

    def hold(self, pending: Row) -> None:
        """Let a ticket wait for its link to be enabled, which makes it due at once; the sweep looks now and then."""
        with suppress(RowChangedError):
            now = self.tools.table.clock.now()
            self.tools.table.write(self.connection.name, due_later(pending, now, self.tools.times.held))

    def postpone(self, pending: Row) -> None:
        """Try a ticket again after a passing fault, later each time."""
        self.defer(pending, self.tools.times.retry * 2 ** min(tries(pending), _MAX_DOUBLINGS))

    def _tell_stuck(self, ticket: str) -> None:
        self.tools.notices.tell(
            STUCK_ALERT,
            keys.public_id(self.connection.name, ticket),
            f"The ticket was put off {_TOLD_AT} times and is tried again every half an hour.",
            hint="The app's log says why, in lines of its connection. POST /api/tickets/{ticket}/retry tries now.",
        )

    def pause(self, error: BridgeError) -> PausedError:
        """Let the whole connection wait after a refusal that concerns all of its tickets."""
        if not isinstance(error, ThrottledError) and self._has_new_credential():
            self.tools.wake_ups.send(self.connection.name, self.lease.lane)
            return PausedError("The connection has a new credential.")
        return self._paused(self.tools.health.pause(self.connection.name, error), error)

    def look_after_connection(self) -> None:
        """Take in how Azure DevOps took the last calls. Raises `PausedError` when it has to be left alone."""
        organisation = self.organisation
        if organisation.slow_down:
            message = "Azure DevOps asks to slow down."
            raise self.pause(ThrottledError(message, retry_after=organisation.slow_down))
        if organisation.trouble:
            self._take_in_trouble(organisation.trouble)
        elif organisation.reached and (self.condition.troubles or self.condition.problem):
            self.tools.health.well(self.connection.name)
            self.condition = replace(self.condition, troubles=0, problem=False)

    def _take_in_trouble(self, error: TransientError) -> None:
        seconds = self.tools.health.trouble(self.connection.name, error)
        self.organisation.trouble = None
        self.condition = replace(self.condition, troubles=self.condition.troubles + 1)
        if seconds:
            raise self._paused(seconds, error)

    def _paused(self, seconds: float, error: BridgeError) -> PausedError:
        log.warning("connection paused", extra={"connection": self.connection.name, "seconds": seconds})
        self.tools.wake_ups.send_later(self.connection.name, self.lease.lane, seconds)
        return PausedError(error.message)

    def _has_new_credential(self) -> bool:
        """Whether the credential that failed was replaced while we worked with it."""
        now = self.tools.connections.find(self.connection.name)
        return now is not None and now.secret != self.connection.secret


def _together(count: int, width: int) -> int:
    """Return how many of so many calls go in one request; Microsoft names no limit."""
    least = _LEAST_OF_MANY if count >= _MANY else _LEAST_TOGETHER
    return min(_MOST_TOGETHER, max(least, math.ceil(count / width)))


def _stamped(job: Job, ticket: Ticket, etag: str) -> Job:
    return replace(job, stored=replace(job.stored, ticket=ticket, etag=etag))

"""Works on one lane: reads what is due, plans, and lets each part carry out its share until nothing is due."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from shared.connections.organisations import Organisations
from shared.connections.store import ConnectionStore
from shared.errors import BridgeError, NotFoundError, TransientError
from shared.links.models import Link
from shared.links.store import LinkStore
from shared.storage.tables import Row
from shared.tickets import keys
from shared.tickets.arrivals import read_vulnerability
from shared.tickets.changing import Changer
from shared.tickets.creating import Creator, Refusals
from shared.tickets.journal import Change
from shared.tickets.lane import SELF, Job, Lane, PausedError, Tools, concerns_connection
from shared.tickets.leases import LeaseLostError
from shared.tickets.plan import Create, Look, Nothing, Read, plan
from shared.tickets.records import Stored, Ticket, read_ticket
from shared.tickets.resolving import Resolver
from shared.tickets.snapshots import Vulnerability
from shared.tickets.transitions import failed, summarised
from shared.tickets.work_item_fields import desired, ticket_url

log = logging.getLogger(__name__)
_ROUND = 95
"""How many tickets are read and planned at once: their attempts fit one transaction."""
_THREADS = 16


@dataclass(frozen=True, slots=True)
class Work:
    """The use case behind a wake-up."""

    tools: Tools
    connections: ConnectionStore
    links: LinkStore
    organisations: Organisations
    refusals: Refusals

    def lane(self, name: str, number: int) -> None:
        """Do what is due in a lane, unless another worker is at it or the connection is paused.

        Raises `TransientError` when storage does not answer; the wake-up is then delivered again.
        """
        connection = self.connections.find(name)
        if connection is None or self.tools.health.paused_for(name) > 0:
            return
        lease = self.tools.leases.take(name, number)
        if lease is None:
            return
        lane = Lane(self.tools, connection, self.organisations.of(connection), lease)
        try:
            self._drain(lane)
        except (LeaseLostError, PausedError) as error:
            log.info("lane stopped", extra={"connection": name, "lane": number, "why": error.message})
            return
        finally:
            self.tools.leases.release(name, lease)
        # A wake-up that came while we held the lease ended at once; its cause may have come after our last look.
        if self._due(name, number):
            self.tools.wake_ups.send(name, number)

    def _drain(self, lane: Lane) -> None:
        while rows := self._due(lane.connection.name, lane.lease.lane):
            self._round(lane, rows)

    def _due(self, connection: str, number: int) -> list[Row]:
        prefix = keys.pending_rows(number)
        now = self.tools.table.clock.now()
        rows = self.tools.table.range(
            connection,
            prefix,
            prefix + keys.AFTER_ALL,
            where="due le @now",
            parameters={"now": now},
            limit=_ROUND,
        )
        return list(rows)

    def _round(self, lane: Lane, rows: Sequence[Row]) -> None:
        jobs = self._jobs(lane, rows)
        plans = [(job, plan(job.desired, job.ticket)) for job in jobs]
        lane.write([_settled(job) for job, decision in plans if isinstance(decision, Nothing)])
        parts = (
            (Look, Resolver(lane).run),
            (Create, Creator(lane, self.refusals).run),
            (Read, Changer(lane).run),
        )
        for kind, run in parts:
            self._carry_out(lane, run, [job for job, decision in plans if isinstance(decision, kind)])

    def _carry_out(self, lane: Lane, run: "_Run", jobs: Sequence[Job]) -> None:
        """Run one part; what stops Azure DevOps from answering at all concerns its jobs only."""
        if not jobs:
            return
        try:
            run(jobs)
        except (LeaseLostError, PausedError):
            raise
        except BridgeError as error:
            if concerns_connection(error):
                raise lane.pause(error) from error
            log.warning("work postponed", extra={"connection": lane.connection.name, "why": error.message})
            for job in jobs:
                lane.defer(job, self.tools.times.retry)

    def _jobs(self, lane: Lane, rows: Sequence[Row]) -> list[Job]:
        """Read all that is known of the tickets that are due; fail those whose asset has no link any more."""
        with ThreadPoolExecutor(_THREADS) as threads:
            loaded = list(threads.map(lambda row: self._load(lane.connection.name, row), rows))
        links = {asset: self.links.find(*asset) for asset in {_asset(vulnerability) for _, _, vulnerability in loaded}}
        jobs = [_job(lane, entry, links[_asset(entry[2])], self.tools.public_url) for entry in loaded]
        lane.write([_unlinked(entry) for entry, job in zip(loaded, jobs, strict=True) if job is None])
        return [job for job in jobs if job]

    def _load(self, connection: str, row: Row) -> "_Loaded":
        key = keys.ticket_of_pending(row.key)
        snapshot = self.tools.table.get(connection, f"v|{key}")
        ticket = self.tools.table.get(connection, keys.ticket_row(key))
        if snapshot is None:
            raise TransientError("A pending ticket has no snapshot yet.")
        vulnerability = read_vulnerability(snapshot)
        return row, read_ticket(ticket) if ticket else self._new(key, vulnerability), vulnerability

    def _new(self, key: str, vulnerability: Vulnerability) -> Stored:
        asset = vulnerability.asset
        now = self.tools.table.clock.now()
        return Stored(key, Ticket(kind=asset.kind, asset=asset.id, created_at=now, changed_at=now))


type _Loaded = tuple[Row, Stored, Vulnerability]
type _Run = Callable[[Sequence[Job]], None]


def _asset(vulnerability: Vulnerability) -> tuple[str, str]:
    return vulnerability.asset.kind, vulnerability.asset.id


def _job(lane: Lane, loaded: _Loaded, link: Link | None, public_url: str) -> Job | None:
    row, stored, vulnerability = loaded
    if link is None:
        return None
    url = ticket_url(public_url, keys.public_id(lane.connection.name, stored.key))
    work_item_type = stored.ticket.work_item.type or link.work_item_type
    return Job(
        row,
        stored,
        vulnerability,
        link,
        desired(vulnerability, work_item_type=work_item_type, ticket_url=url),
    )


def _settled(job: Job) -> Change:
    """Nothing is to be sent; the ticket takes the newest snapshot in."""
    return Change(
        job.stored,
        lambda ticket: summarised(ticket, job.vulnerability),
        change="updated",
        by=SELF,
        done=job.pending,
    )


def _unlinked(loaded: _Loaded) -> Change:
    row, stored, vulnerability = loaded
    asset = vulnerability.asset
    error = NotFoundError(
        f"The {asset.kind} {asset.id} is not linked to a project any more.", hint="Link it again, then retry."
    )
    return Change(
        stored,
        lambda ticket: failed(summarised(ticket, vulnerability), error, "not_linked"),
        change="failed",
        by=SELF,
        done=row,
    )

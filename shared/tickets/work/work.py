"""Works on one lane: reads what is due, plans, and lets each part carry out its share until nothing is due."""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from shared.connections.models import Connection
from shared.connections.organisations import Organisations
from shared.errors import BridgeError, NotFoundError, RefusedError, TransientError
from shared.links.models import Link, LinkState
from shared.links.store import LinkStore
from shared.storage import tables
from shared.storage.tables import Row, RowChangedError
from shared.tickets.item_content.work_item_fields import desired, ticket_url
from shared.tickets.lanes.leases import Lease, LeaseLostError
from shared.tickets.lanes.turns import Turns
from shared.tickets.life.plan import Create, Desired, Heal, LinkItem, Look, Nothing, Read, UnlinkItem, plan
from shared.tickets.life.transitions import attached, begun, detached, held, settled, summarised
from shared.tickets.rows import keys
from shared.tickets.rows.members import members_of
from shared.tickets.rows.records import UNLINKED, WITHDRAWN, Hold, Stored
from shared.tickets.rows.ticket_rows import read_ticket
from shared.tickets.updates.journal import Change
from shared.tickets.vulnerabilities.snapshots import Vulnerability
from shared.tickets.work.admission import Admission, Gates
from shared.tickets.work.changing import Changer
from shared.tickets.work.creating import Creator, Refusals
from shared.tickets.work.healing import Healer
from shared.tickets.work.lane import SELF, Job, Lane, PausedError, Tools, concerns_connection, failure_of
from shared.tickets.work.linking import Linker
from shared.tickets.work.resolving import Resolver
from shared.tickets.work.unlinking import Unlinker
from shared.tickets.work.withdrawing import Withdrawal, Withdrawer

log = logging.getLogger(__name__)
_ROUND = 95
"""How many tickets are read and planned at once: their attempts fit one transaction."""
_NOTHING_LEFT = "Other tickets track what this one was about: its findings are grouped otherwise now."
_THREADS = 4  # eight lanes of one connection must leave something of the process to the others


@dataclass(frozen=True, slots=True)
class Work:
    """The use case behind a wake-up."""

    tools: Tools
    links: LinkStore
    organisations: Organisations
    refusals: Refusals
    gates: Gates
    turns: Turns

    def lane(self, name: str, number: int) -> None:
        """Do what is due in a lane, unless another worker is at it or the connection is paused.

        Raises `TransientError` when storage does not answer; the wake-up is then delivered again.
        """
        with self.turns.of(name) as is_our_turn:
            if is_our_turn:
                self._lane(name, number)
            else:
                self.tools.wake_ups.send_later(name, number, self.tools.times.turn)

    def _lane(self, name: str, number: int) -> None:
        lease = self.tools.leases.take(name, number)
        if lease is None:  # as most wake-ups find it where there is much to do: nothing else was asked for them
            return
        try:
            self._work(name, lease)
        except (LeaseLostError, PausedError) as error:
            log.info("lane stopped", extra={"connection": name, "lane": number, "why": error.message})
            return
        finally:
            self.tools.leases.release(name, lease)
        # A wake-up that came while we held the lease ended at once; its cause may have come after our last look.
        if self._due(name, number):
            self.tools.wake_ups.send(name, number)

    def _work(self, name: str, lease: Lease) -> None:
        connection = self._open(name)
        condition = self.tools.health.of(name)
        if condition.paused_for:
            self.tools.wake_ups.send_later(name, lease.lane, condition.paused_for)
            raise PausedError("The connection is paused.")
        self._drain(Lane(self.tools, connection, self.organisations.of(connection), lease, condition))

    def _open(self, name: str) -> Connection:
        connection = self.tools.connections.find(name)
        if connection is None or not connection.may_write:
            raise PausedError("The connection is disabled, or deleted.")
        return connection

    def _drain(self, lane: Lane) -> None:
        """Work until nothing is due, or long enough: the host ends a function that runs too long, with its process."""
        name, end = lane.connection.name, self.tools.leases.monotonic() + self.tools.times.drain
        while rows := self._due(name, lane.lease.lane):
            self._round(lane, rows)
            if self.tools.leases.monotonic() > end or not self.turns.may_go_on(name):
                return
            self._open(name)  # nothing more is written for one that was disabled or deleted meanwhile

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
        parts: tuple[tuple[type, _Run], ...] = (
            (Look, Resolver(lane).run),
            (LinkItem, Linker(lane).run),
            (Heal, Healer(lane).run),
            (UnlinkItem, Unlinker(lane).run),
            (Create, Creator(lane, self.refusals, Admission(lane, self.gates)).run),
            (Read, Changer(lane).run),
        )
        for kind, run in parts:
            todo = sorted((job for job, decision in plans if isinstance(decision, kind)), key=_place)
            for _, group in groupby(todo, key=_place):
                self._carry_out(lane, run, list(group), may_fail=kind in (Create, Read))

    def _carry_out(self, lane: Lane, run: "_Run", jobs: Sequence[Job], *, may_fail: bool) -> None:
        """Run one part for one project and type: what is wrong there concerns no other one's tickets.

        An attempt without a result never fails: it stays unknown until a look-up tells.
        """
        try:
            run(jobs)
        except (LeaseLostError, PausedError):
            raise
        except BridgeError as error:
            if concerns_connection(error):
                raise lane.pause(error) from error
            log.warning("work not done", extra={"connection": lane.connection.name, "why": error.message})
            if may_fail and isinstance(error, RefusedError | NotFoundError):
                lane.write([failure_of(job, error) for job in jobs])
            else:
                for job in jobs:
                    lane.postpone(job.pending)
        lane.look_after_connection()

    def _jobs(self, lane: Lane, rows: Sequence[Row]) -> list[Job]:
        """Read all that is known of the tickets that are due; detach those whose asset is not linked here any more."""
        with ThreadPoolExecutor(_THREADS) as threads:
            found = threads.map(lambda row: self._guarded(lane, row), rows)
            loaded = self._without_withdrawals(lane, [entry for entry in found if entry])
        links = {asset: self.links.find(*asset) for asset in {entry.asset for entry in loaded}}
        jobs: list[Job] = []
        changes: list[Change] = []
        for entry in loaded:
            link = links[entry.asset]
            here = link.at(lane.connection.name) if link else None
            if entry.stored.ticket.detached or here is None or here.state is LinkState.DELETING:
                changes.append(_detached(entry))
            elif here.enabled or entry.stored.ticket.attempt:  # looking what became of an attempt changes nothing
                jobs += self._asked(lane, entry, here)
            else:
                lane.hold(entry.row)
                changes += [_disabled(entry)] if entry.is_new else []
        lane.write(changes)
        return [job for job in jobs if job.link.enabled or self._only_looks(lane, job)]

    def _without_withdrawals(self, lane: Lane, loaded: "Sequence[_Loaded]") -> "list[_Loaded]":
        """Take back the tickets whose import was, attach those again of which a newer snapshot came; return the rest.

        The pending rows stay: the next round goes on.
        """
        withdrawer = Withdrawer(lane)
        for entry in loaded:
            if entry.members and entry.withdrawn:
                withdrawer.forget(entry.withdrawn)
        gone = {entry.row.key: entry.withdrawal for entry in loaded if entry.withdrawal}
        withdrawer.run(list(gone.values()))
        left = [entry for entry in loaded if entry.row.key not in gone]
        again = [entry for entry in left if entry.stored.ticket.detached == WITHDRAWN]
        lane.write([Change(entry.stored, attached, change="attached", by=SELF) for entry in again])
        return [entry for entry in left if entry not in again]

    def _only_looks(self, lane: Lane, job: Job) -> bool:
        """What is done for a disabled link is to look; all else waits."""
        if isinstance(plan(job.desired, job.ticket), Look | Nothing):
            return True
        lane.hold(job.pending)
        return False

    def _guarded(self, lane: Lane, row: Row) -> "_Loaded | None":
        """One row that cannot be read must not hold up the rest of its lane for ever."""
        try:
            return self._load(lane.connection.name, row)
        except TransientError:
            raise
        except Exception:
            log.exception("a ticket cannot be read", extra={"connection": lane.connection.name, "row": row.key})
            lane.postpone(row)
            return None

    def _load(self, connection: str, row: Row) -> "_Loaded | None":
        key = keys.ticket_of_pending(row.key)
        members = members_of(self.tools.table, connection, key)
        ticket = self.tools.table.get(connection, keys.ticket_row(key))
        # Of an adopted item nobody knows what it should say until its snapshot comes, and wakes us; and who left a
        # group before it had a row left nothing behind.
        if not (members.snapshots or members.withdrawn or (members.since and ticket)):
            with suppress(RowChangedError):
                self.tools.table.write(connection, tables.delete(row.key, row.etag))
            return None
        stored = read_ticket(ticket) if ticket else Stored(key, begun(members))
        return _Loaded(row, stored, members.snapshots, members.withdrawn, members.first_seen)

    def _asked(self, lane: Lane, loaded: "_Loaded", link: Link) -> list[Job]:
        """Return the job, for which Azure DevOps may have to be asked; one that waits for its answer is none."""
        try:
            return [self._job(lane, loaded, link)]
        except BridgeError as error:
            if concerns_connection(error):
                raise lane.pause(error) from error
            lane.postpone(loaded.row)
            lane.look_after_connection()
            return []

    def _job(self, lane: Lane, loaded: "_Loaded", link: Link) -> Job:
        stored = loaded.stored
        url = ticket_url(self.tools.public_url, keys.public_id(lane.connection.name, stored.key))
        making = link.own.over(lane.connection.defaults)
        if stored.ticket.leaving:
            wanted = Desired({}, open=False, farewell=stored.ticket.leaving)
        elif loaded.members:
            wanted = desired(loaded.members, making, lane.place(stored.ticket, link, making), ticket_url=url)
        else:
            wanted = Desired({}, open=False, farewell=_NOTHING_LEFT)
        return Job(loaded.row, stored, loaded.members, link, making, wanted, loaded.first_seen)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What the rows of a ticket that is due hold."""

    row: Row
    stored: Stored
    members: Sequence[Vulnerability]
    withdrawn: Sequence[Row]
    first_seen: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        """Whether it is to have a work item that it has not."""
        return bool(self.members) and not (self.stored.ticket.work_item.id or self.stored.ticket.leaving)

    @property
    def asset(self) -> tuple[str, str]:
        """Kind and id; a ticket that was adopted learns them from its first snapshot."""
        if self.members:
            return self.members[0].asset.kind, self.members[0].asset.id
        return self.stored.ticket.kind, self.stored.ticket.asset

    @property
    def withdrawal(self) -> Withdrawal | None:
        """What is to be taken back now: a ticket all of whose snapshots were withdrawn."""
        one = Withdrawal(self.row, self.stored, self.withdrawn)
        return one if self.withdrawn and not self.members and one.is_settled else None


type _Run = Callable[[Sequence[Job]], None]


def _place(job: Job) -> tuple[str, str]:
    """The project and type that a job's requests concern."""
    item, attempt = job.ticket.work_item, job.ticket.attempt
    if item.id:
        return item.project, item.type
    return (attempt.project, "") if attempt else (job.link.project_id, job.making.work_item_type)


def _settled(job: Job) -> Change:
    """Nothing is to be sent; the ticket takes the newest snapshot in."""
    return Change(
        job.stored,
        lambda ticket: settled(summarised(ticket, job.members)),
        change="detached" if job.ticket.leaving else "updated",
        by=SELF,
        done=job.pending,
    )


def _disabled(loaded: _Loaded) -> Change:
    """Its link makes nothing now; what came in is shown."""
    return Change(
        loaded.stored,
        lambda ticket: held(summarised(ticket, loaded.members), Hold.LINK_DISABLED),
        change="held",
        by=SELF,
    )


def _detached(loaded: _Loaded) -> Change:
    """Nothing is to be done for it any more; what came in is shown."""
    return Change(
        loaded.stored,
        lambda ticket: detached(summarised(ticket, loaded.members), UNLINKED),
        change="updated" if loaded.stored.ticket.detached else "detached",
        by=SELF,
        done=loaded.row,
    )

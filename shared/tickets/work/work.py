"""Works on one lane: reads what is due, plans, and lets each part carry out its share until nothing is due."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from shared.connections.models import Connection
from shared.connections.organisations import Organisations
from shared.errors import BridgeError, NotFoundError, RefusedError
from shared.links.models import Link, LinkState
from shared.links.store import LinkStore
from shared.storage.tables import Row
from shared.tickets.item_content.work_item_fields import desired, ticket_url
from shared.tickets.lanes.leases import Lease, LeaseLostError
from shared.tickets.lanes.pending import due_at_once, write_each
from shared.tickets.lanes.turns import Turns
from shared.tickets.life.plan import (
    Create,
    Desired,
    Heal,
    LinkItem,
    Look,
    Nothing,
    Plan,
    Read,
    UnlinkItem,
    as_it_is,
    plan,
)
from shared.tickets.life.transitions import attached, detached, held, settled, summarised
from shared.tickets.rows import keys
from shared.tickets.rows.records import UNLINKED, WITHDRAWN, Hold
from shared.tickets.updates.journal import SELF, Change
from shared.tickets.work.admission import Admission, Gates
from shared.tickets.work.apart import Apart
from shared.tickets.work.changing import Changer
from shared.tickets.work.concerns import PausedError, concerns_connection
from shared.tickets.work.creating import Creator, Refusals
from shared.tickets.work.healing import Healer
from shared.tickets.work.jobs import Job, failure_of
from shared.tickets.work.lane import Lane, Tools
from shared.tickets.work.linking import Linker
from shared.tickets.work.loading import Loaded, load
from shared.tickets.work.resolving import Resolver
from shared.tickets.work.unlinking import Unlinker
from shared.tickets.work.withdrawing import Withdrawer

log = logging.getLogger(__name__)
_ROUND = 95
"""How many tickets are read and planned at once: their attempts fit one transaction."""
_NOTHING_LEFT = "Other tickets track what this one was about: its findings are grouped otherwise now."


@dataclass(frozen=True, slots=True)
class Work:
    """The use case behind a wake-up."""

    tools: Tools
    links: LinkStore
    organisations: Organisations
    refusals: Refusals
    gates: Gates
    turns: Turns

    def lane(self, name: str, number: int, until: datetime | None = None) -> None:
        """Do what is due in a lane, unless another worker is at it or the connection is paused.

        `until`: it is about what was due until then; if that is done, nothing is. Raises `TransientError` when storage
        does not answer; the wake-up is then delivered again.
        """
        if self.tools.leases.is_done(name, number, until):
            return
        with self.turns.of(name) as is_our_turn:
            if is_our_turn:
                self._lane(name, number, until)
            else:
                self.tools.wake_ups.send_later(name, number, self.tools.times.turn)

    def _lane(self, name: str, number: int, until: datetime | None) -> None:
        lease = self.tools.leases.take(name, number, until)
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
        looked_at = self.tools.table.clock.now()
        while rows := self._due(name, lane.lease.lane):
            self._round(lane, rows)
            if self.tools.leases.monotonic() > end or not self.turns.may_go_on(name):
                return
            self._refresh(lane)
            looked_at = self.tools.table.clock.now()
        lane.lease.done_until = looked_at

    def _refresh(self, lane: Lane) -> None:
        """Go on with the settings, and the credential, that are in effect now; not at all for one that was disabled or
        deleted meanwhile."""
        connection = self._open(lane.connection.name)
        if connection.etag != lane.connection.etag:
            lane.connection, lane.organisation = connection, self.organisations.of(connection)

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
        plans = self._plans(lane, rows)
        lane.write([_settled(job) for job, decision in plans if isinstance(decision, Nothing)])
        parts: tuple[tuple[type, _Run], ...] = (
            (Look, Resolver(lane).run),
            (LinkItem, Linker(lane).run),
            (Heal, Healer(lane).run),
            (UnlinkItem, Unlinker(lane).run),
            (Create, Creator(lane, self.refusals, Admission(lane, self.gates, self.links)).run),
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
                _postpone(lane, jobs)
        except Exception:
            log.exception("tickets cannot be worked on", extra={"connection": lane.connection.name})
            _postpone(lane, jobs)
        lane.look_after_connection()

    def _plans(self, lane: Lane, rows: Sequence[Row]) -> list[tuple[Job, Plan]]:
        """Read all that is known of the tickets that are due, and plan them; detach those whose asset is not linked
        here any more.

        Texts of large groups take long to write: after a while, the rest is left for the next round.
        """
        loaded = self._without_withdrawals(lane, load(lane, rows))
        end = self.tools.leases.monotonic() + self.tools.times.planning
        planned: list[_Planned] = []
        links = _Links(self.links)
        for entry in loaded:
            with Apart(lane, entry.row):
                planned.append(self._planned(lane, entry, links))
            if self.tools.leases.monotonic() > end:
                break
        lane.write([change for one in planned for change in one.changes])
        self._look_again(lane, [one.held for one in planned if one.held], links)
        return [one.plan for one in planned if one.plan]

    def _look_again(self, lane: Lane, held: Sequence[Loaded], links: "_Links") -> None:
        """Whoever enables a link looks for what it holds *after* saving; what was put off after that is found here."""
        saved = {asset for asset in {entry.asset for entry in held} if links.is_changed(*asset)}
        due = [due_at_once(entry.stored.key) for entry in held if entry.asset in saved]
        if due:
            write_each(self.tools.table, lane.connection.name, due)
            self.tools.wake_ups.send(lane.connection.name, lane.lease.lane)

    def _planned(self, lane: Lane, entry: Loaded, links: "_Links") -> "_Planned":
        kind, asset = entry.asset
        if not asset:  # adopted, and of an asset that is linked nowhere: a snapshot, or time, tells
            lane.hold(entry.row)
            return _Planned()
        link = links.find(kind, asset)
        here = link.at(lane.connection.name) if link else None
        if entry.stored.ticket.detached or here is None or here.state is LinkState.DELETING:
            return _Planned([_detached(entry)])
        if here.enabled or entry.stored.ticket.attempt:  # looking what became of an attempt changes nothing
            return self._asked(lane, entry, here)
        lane.hold(entry.row)
        return _Planned([_disabled(entry)] if entry.is_new else [], held=entry)

    def _without_withdrawals(self, lane: Lane, loaded: Sequence[Loaded]) -> list[Loaded]:
        """Take back the tickets whose import was, attach those again of which a newer snapshot came; return the rest.

        The pending rows stay: the next round goes on.
        """
        withdrawer = Withdrawer(lane)
        for entry in loaded:
            if entry.members and entry.withdrawn:
                with Apart(lane, entry.row):
                    withdrawer.forget(entry.withdrawn)
        gone = {entry.row.key: entry.withdrawal for entry in loaded if entry.withdrawal}
        withdrawer.run(list(gone.values()))
        left = [entry for entry in loaded if entry.row.key not in gone]
        again = [entry for entry in left if entry.stored.ticket.detached == WITHDRAWN]
        lane.write([Change(entry.stored, attached, change="attached", by=SELF) for entry in again])
        return [entry for entry in left if entry not in again]

    def _asked(self, lane: Lane, loaded: Loaded, link: Link) -> "_Planned":
        """Return the job and its plan, for which Azure DevOps may have to be asked; one that waits has none."""
        try:
            job = self._job(lane, loaded, link)
        except BridgeError as error:
            if concerns_connection(error):
                raise lane.pause(error) from error
            lane.postpone(loaded.row)
            lane.look_after_connection()
            return _Planned()
        decision = plan(job.desired, job.ticket)
        if link.enabled or isinstance(decision, Look | Nothing):
            return _Planned(plan=(job, decision))
        lane.hold(loaded.row)  # what is done for a disabled link is to look; all else waits
        return _Planned(held=loaded)

    def _job(self, lane: Lane, loaded: Loaded, link: Link) -> Job:
        stored = loaded.stored
        url = ticket_url(self.tools.public_url, keys.public_id(lane.connection.name, stored.key))
        making = link.own.over(lane.connection.defaults)
        if stored.ticket.leaving:
            wanted = Desired({}, open=False, farewell=stored.ticket.leaving)
        elif loaded.members:
            wanted = desired(loaded.members, making, lane.place(stored.ticket, link, making), ticket_url=url)
        elif loaded.is_adopted:
            wanted = as_it_is(stored.ticket)
        else:
            wanted = Desired({}, open=False, farewell=_NOTHING_LEFT)
        return Job(loaded.row, stored, loaded.members, link, making, wanted, loaded.first_seen)


@dataclass(frozen=True, slots=True)
class _Planned:
    """What is to be written of a ticket at once, or what is to be done for it."""

    changes: Sequence[Change] = ()
    plan: tuple[Job, Plan] | None = None
    held: Loaded | None = None
    """What its disabled link has put off."""


@dataclass(frozen=True, slots=True)
class _Links:
    """Links as one round sees them: each is read once."""

    store: LinkStore
    known: dict[tuple[str, str], Link | None] = field(default_factory=dict)

    def find(self, kind: str, asset: str) -> Link | None:
        if (kind, asset) not in self.known:
            self.known[kind, asset] = self.store.find(kind, asset)
        return self.known[kind, asset]

    def is_changed(self, kind: str, asset: str) -> bool:
        """Whether a link is not as it was read."""
        now, known = self.store.find(kind, asset), self.find(kind, asset)
        return now is None or known is None or now.etag != known.etag


type _Run = Callable[[Sequence[Job]], None]


def _postpone(lane: Lane, jobs: Sequence[Job]) -> None:
    for job in jobs:
        lane.postpone(job.pending)


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


def _disabled(loaded: Loaded) -> Change:
    """Its link makes nothing now; what came in is shown."""
    return Change(
        loaded.stored,
        lambda ticket: held(summarised(ticket, loaded.members), Hold.LINK_DISABLED),
        change="held",
        by=SELF,
    )


def _detached(loaded: Loaded) -> Change:
    """Nothing is to be done for it any more; what came in is shown."""
    return Change(
        loaded.stored,
        lambda ticket: detached(summarised(ticket, loaded.members), UNLINKED),
        change="updated" if loaded.stored.ticket.detached else "detached",
        by=SELF,
        done=loaded.row,
    )

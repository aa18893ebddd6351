"""Which of a lane's tickets may have their work items made now, and what becomes of the others.

Only creation is held back: whatever has a work item is kept up to date, closed and reopened. In this order:

stopped      put off; whoever starts creation again makes it due
filter       not due any more: a newer snapshot, or saving its link or connection, makes it so
daily cap    put off to the next day, the severe ones to its first minutes
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256

from shared.links.store import LinkStore
from shared.tickets.holds.filtering import passes, urgency
from shared.tickets.holds.shares import Share, Shares
from shared.tickets.holds.switch import Switch
from shared.tickets.lanes.pending import due_at, due_at_once, write_each
from shared.tickets.life.transitions import held, summarised
from shared.tickets.rows import keys
from shared.tickets.rows.records import Hold
from shared.tickets.updates.journal import SELF, Change
from shared.tickets.vulnerabilities.together import severity
from shared.tickets.work.jobs import Job
from shared.tickets.work.lane import Lane


@dataclass(frozen=True, slots=True)
class Gates:
    """What all lanes ask: the switch, and the shares of links."""

    switch: Switch
    shares: Shares


@dataclass(frozen=True, slots=True)
class Admitted:
    """Jobs whose work items may be made now, and the shares that were taken for them, by the keys of assets."""

    jobs: Sequence[Job] = ()
    shares: Mapping[str, Share] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Admission:
    """Lets a lane's jobs in."""

    lane: Lane
    gates: Gates
    links: LinkStore

    def through_filters(self, jobs: Sequence[Job]) -> list[Job]:
        """Return the jobs that neither the switch nor a filter holds back, the worst first."""
        if self.gates.switch.is_stopped():
            self._stop(jobs)
            return []
        now = self.lane.tools.table.clock.now()
        out = [
            job
            for job in jobs
            if not (job.ticket.wanted or passes(job.members, job.first_seen, job.making.creates, now))
        ]
        self.lane.write([_held(job, Hold.FILTER, settles=True) for job in out])
        self._filtered_anew(out)
        kept_out = {job.stored.key for job in out}
        return sorted((job for job in jobs if job.stored.key not in kept_out), key=_urgency)

    def _filtered_anew(self, out: Sequence[Job]) -> None:
        """Look again whether the filters are those by which tickets were just held.

        Whoever saves a link or a connection looks for what they hold *after* saving; what is written after that look
        is found here.
        """
        if not out:
            return
        now = self.lane.tools.connections.find(self.lane.connection.name)
        is_saved = now is None or now.etag != self.lane.connection.etag
        known = {(job.link.kind, job.link.asset): job.link.etag for job in out}
        saved = {asset for asset, etag in known.items() if is_saved or self._etag(asset) != etag}
        self._due_at_once([job for job in out if (job.link.kind, job.link.asset) in saved])

    def _etag(self, asset: tuple[str, str]) -> str:
        link = self.links.find(*asset)
        return link.etag if link else ""

    def _due_at_once(self, jobs: Sequence[Job]) -> None:
        if jobs:
            connection = self.lane.connection.name
            write_each(self.lane.tools.table, connection, [due_at_once(job.stored.key) for job in jobs])
            self.lane.tools.wake_ups.send(connection, self.lane.lease.lane)

    def with_shares(self, jobs: Sequence[Job]) -> Admitted:
        """Return the jobs for which there is room today, which they take: to be called right before they are sent.

        What a person asked for needs none. Jobs come worst first.
        """
        if self.gates.switch.is_stopped():
            self._stop(jobs)
            return Admitted()
        capped: defaultdict[str, list[Job]] = defaultdict(list)
        for job in jobs:
            if _needs_share(job):
                capped[_asset(job)].append(job)
        shares = {
            asset: self.gates.shares.take(asset, len(some), some[0].making.creates_per_day)
            for asset, some in capped.items()
        }
        late = [job for asset, some in capped.items() for job in some[shares[asset].count :]]
        self._put_off(Hold.DAILY_CAP, [(job, self._next_turn(job, shares[_asset(job)].day)) for job in late])
        return Admitted([job for job in jobs if job not in late], shares)

    def give_back(self, admitted: Admitted, used: Collection[Job]) -> None:
        """Return what was taken for jobs that certainly left no work item."""
        used_by = {job.stored.key for job in used}
        for asset, share in admitted.shares.items():
            mine = [job for job in admitted.jobs if _needs_share(job) and _asset(job) == asset]
            unused = sum(job.stored.key not in used_by for job in mine)
            self.gates.shares.give_back(asset, Share(share.day, unused))

    def _stop(self, jobs: Sequence[Job]) -> None:
        """Put jobs off until creation is started again.

        Whoever starts it looks for what is stopped *after* switching; what is written after that look is found here.
        """
        later = self.lane.tools.table.clock.now() + timedelta(seconds=self.lane.tools.times.held)
        self._put_off(Hold.STOPPED, [(job, later) for job in jobs])
        if not self.gates.switch.view()["stopped"]:
            self._due_at_once(jobs)

    def _put_off(self, why: Hold, later: Sequence[tuple[Job, datetime]]) -> None:
        self.lane.write([_held(job, why) for job, _ in later])
        operations = [due_at(job.pending, moment) for job, moment in later]
        write_each(self.lane.tools.table, self.lane.connection.name, operations)

    def _next_turn(self, job: Job, day: date) -> datetime:
        """When a ticket is due on the day after: those of one severity of all lanes together, before the next one's.

        Links come one after another within that, so that midnight is not everybody's moment.
        """
        apart = self.lane.tools.times.severities_apart
        midnight = datetime.combine(day + timedelta(days=1), time(), UTC)
        place = int.from_bytes(sha256(_asset(job).encode()).digest()[:2]) / 2**16
        return midnight + timedelta(seconds=apart * (_urgency(job) + place / 2))


def _held(job: Job, why: Hold, *, settles: bool = False) -> Change:
    return Change(
        job.stored,
        lambda ticket: held(summarised(ticket, job.members), why),
        change="held",
        by=SELF,
        done=job.pending if settles else None,
    )


def _needs_share(job: Job) -> bool:
    return job.making.creates_per_day > 0 and not job.ticket.wanted


def _asset(job: Job) -> str:
    return keys.asset_key(job.link.kind, job.link.asset)


def _urgency(job: Job) -> int:
    return urgency(severity(job.members))

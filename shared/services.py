"""Composition: makes use cases of the clients, each once per process, at its first use.

Nothing here runs at import, and a bad setting is an error of the first call that needs it, never a function app
without functions.
"""

import os

from shared.administration import Administration
from shared.connections.lately import Lately
from shared.console.signing_key import SigningKey
from shared.once import once
from shared.storage.tables import Table
from shared.ticket_services import TicketServices
from shared.tickets.holds import release
from shared.tickets.holds.release import Release
from shared.tickets.imports import taking_back
from shared.tickets.lanes.turns import Turns
from shared.tickets.link_changes import departures
from shared.tickets.observing.observe import Observe
from shared.tickets.observing.overheard import Overheard
from shared.tickets.upkeep import counting, retention, sweep
from shared.tickets.upkeep.counting import Counting
from shared.tickets.upkeep.doctor import Doctor
from shared.tickets.upkeep.hook_alerts import HookAlerts
from shared.tickets.upkeep.hook_records import HookRecords
from shared.tickets.upkeep.reconcile import Reconcile
from shared.tickets.upkeep.retention import Keep, Retention
from shared.tickets.upkeep.rights import Rights
from shared.tickets.upkeep.rounds import Rounds
from shared.tickets.upkeep.standing import Standing
from shared.tickets.upkeep.sweep import Sweep
from shared.tickets.upkeep.verification import Verification
from shared.tickets.work.creating import Refusals
from shared.tickets.work.lane import Tools
from shared.tickets.work.notices import Notices
from shared.tickets.work.refused import Refused
from shared.tickets.work.work import Work
from shared.tokens import asking


class Services(Administration, TicketServices):
    """Everything that a trigger may ask for. Reading any of it may raise `ConfigurationError`.

    Its own is the work that queues and timers start.
    """

    @once
    def work(self) -> Work:
        """The queue `ticket-work`."""
        tools = Tools(
            table=self._tickets,
            connections=self.connections,
            leases=self._leases,
            journal=self._journal,
            outbox=self._outbox,
            wake_ups=self._wake_ups,
            categories=self._categories,
            health=self.health,
            type_fields=self._type_fields,
            alerts=self.alerts,
            notices=Notices(self.alerts, self._times.refusal_remembered),
            refused=Refused(self._times.refusal_remembered),
            adoption=self._adoption,
            times=self._times,
            public_url=self.settings.public_url,
        )
        refusals = Refusals(self._times.refusal_remembered)
        return Work(tools, self.links, self._organisations, refusals, self._gates, Turns())

    @once
    def observe(self) -> Observe:
        """The queue `service-hook-events`."""
        return Observe(
            table=self._tickets,
            journal=self._journal,
            outbox=self._outbox,
            events=self.hook_events,
            connections=Lately(self.connections, self._times.connection_known),
            links=self.links,
            organisations=self._organisations,
            categories=self._categories,
            health=self.health,
            wake_ups=self._wake_ups,
            hearing=self._hearing,
            overheard=Overheard(self._journal, self._outbox),
            times=self._times,
        )

    @once
    def rounds(self) -> Rounds:
        """What timers start, the queue `ticket-work` and two calls for one connection do."""
        reconcile = Reconcile(self._tickets, self.links, self._organisations, self.health, self.observe, self._times)
        verification = Verification(
            self._tickets, self._journal, self._outbox, self._organisations, self._categories, self._wake_ups
        )
        return Rounds(
            queue=self._ticket_work,
            connections=self.connections,
            links=self.links,
            organisations=self._organisations,
            health=self.health,
            reconcile=reconcile,
            verification=verification,
            adoption=self._adoption,
            apart={
                **dict.fromkeys(departures.ROUNDS, self.departures.run),
                **dict.fromkeys(retention.ROUNDS, self.retention.run),
                taking_back.ROUND: self.take_back.run,
                release.ROUND: self.release.run,
                sweep.ROUND: self.sweep.run,
                counting.ROUND: self.counting.run,
                asking.ROUND: self.token_runs.run,
            },
            doctor=self._doctor,
            rights=self.rights,
            times=self._times,
        )

    @once
    def rights(self) -> Rights:
        """`POST /connections/{connection}/check`, and the round that tries what a connection may do."""
        return Rights(self._tickets, self.check_connection, self.alerts)

    @once
    def standing(self) -> Standing:
        """How connections are doing."""
        return Standing(self._tickets)

    @once
    def sweep(self) -> Sweep:
        """The sweep's timer."""
        return Sweep(
            self._tickets,
            self._ticket_work,
            self.connections,
            self.health,
            self._wake_ups,
            self._outbox,
            self.departures,
            self.take_back,
            self._times,
        )

    @once
    def console_key(self) -> SigningKey:
        """What signs the console's cookies."""
        return SigningKey(self._vault)

    @once
    def counting(self) -> Counting:
        """`GET /overview`, and the timer that counts tickets."""
        return Counting(
            Table(self._account, "overview"), self._tickets, self.connections, self._ticket_work, self._times
        )

    @once
    def release(self) -> Release:
        """What plans again that was held back."""
        return Release(self._tickets, self.connections, self._ticket_work, self._wake_ups)

    @once
    def retention(self) -> Retention:
        """The timer that forgets what was kept long enough, and its rounds."""
        keep = Keep(self.settings.keep_history_days, self.settings.keep_failed_messages_days)
        return Retention(
            table=self._tickets,
            connections=self.connections,
            failed_messages=self.failed_messages,
            queue=self._ticket_work,
            keep=keep,
            times=self._times,
        )

    @once
    def _doctor(self) -> Doctor:
        return Doctor(
            links=self.links,
            followed=self._following.pushes,
            organisations=self._organisations,
            service_hooks=self._service_hooks,
            records=HookRecords(self._tickets),
            observe=self.observe,
            hearing=self._hearing,
            alerts=HookAlerts(self.alerts, self._hearing),
        )


services = Services(os.environ)
"""This process's services."""

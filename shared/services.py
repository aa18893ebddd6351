"""Composition: makes use cases of the clients, each once per process, at its first use.

Nothing here runs at import, and a bad setting is an error of the first call that needs it, never a function app
without functions.
"""

import os

from shared.clients import Clients
from shared.connections.browse import Browse
from shared.connections.check import CheckConnection, Place
from shared.connections.consent import Consent
from shared.connections.save import SaveConnection
from shared.connections.sign_in import SignIn
from shared.links.inheriting import Inheriting
from shared.links.save import SaveLink
from shared.links.show_hook import ShowHook
from shared.links.showing import ShowLinks
from shared.links.unsubscribing import Unsubscribing
from shared.once import once
from shared.storage.raw_queues import RawQueue
from shared.storage.tables import Table
from shared.tickets import departures, release, retention
from shared.tickets.accept import Accept
from shared.tickets.admission import Gates
from shared.tickets.belongings import has_any
from shared.tickets.by_hand import ByHand
from shared.tickets.creating import Refusals
from shared.tickets.departures import Departures
from shared.tickets.doctor import Doctor
from shared.tickets.failed_messages.poisoned import Poisoned
from shared.tickets.failed_messages.resends import Resends
from shared.tickets.failed_messages.send_again import SendAgain
from shared.tickets.hook_alerts import HookAlerts
from shared.tickets.hook_records import HookRecords
from shared.tickets.imports import taking_back
from shared.tickets.imports.records import Imports
from shared.tickets.imports.taking import TakeReport
from shared.tickets.imports.taking_back import TakeBack
from shared.tickets.lane import Tools
from shared.tickets.letting_go import LettingGo
from shared.tickets.moving import Moving
from shared.tickets.notices import Notices
from shared.tickets.observe import Observe
from shared.tickets.overheard import Overheard
from shared.tickets.preview import Preview
from shared.tickets.reading import ReadTickets
from shared.tickets.reconcile import Reconcile
from shared.tickets.refused import Refused
from shared.tickets.regrouping import Regrouping
from shared.tickets.release import Release
from shared.tickets.requests import TicketRequests
from shared.tickets.retention import Keep, Retention
from shared.tickets.retry import Retry
from shared.tickets.rounds import Rounds
from shared.tickets.shares import Shares
from shared.tickets.submit import Submit
from shared.tickets.sweep import Sweep
from shared.tickets.switch import Switch
from shared.tickets.turns import Turns
from shared.tickets.verification import Verification
from shared.tickets.work import Work


class Services(Clients):
    """Everything that a trigger may ask for. Reading any of it may raise `ConfigurationError`."""

    @once
    def save_connection(self) -> SaveConnection:
        """`PUT /connections/{connection}`."""
        url = self.settings.azure_devops_url
        return SaveConnection(
            self.connections,
            self._vault,
            self._organisations,
            url,
            has_links=lambda name: bool(self.links.reaching(name)),
            has_tickets=lambda name: has_any(self._tickets, name),
            unfit=Inheriting(self.links),
        )

    @once
    def check_connection(self) -> CheckConnection:
        """`POST /connections/{connection}/check`."""
        return CheckConnection(self.connections, self._organisations, self._linked_place)

    @once
    def sign_in(self) -> SignIn:
        """`POST` and `GET /connections/{connection}/sign-in`."""
        return SignIn(self.connections, self._vault, self._entra, self._organisations)

    @once
    def consent(self) -> Consent:
        """`GET /connections/{connection}/consent`."""
        return Consent(self.connections, self.settings.entra_url, self.settings.public_url)

    @once
    def save_link(self) -> SaveLink:
        """`PUT /links/{kind}/{asset}`."""
        hooks, moving = self._service_hooks, Moving(self._tickets)
        return SaveLink(self.links, self.connections, self._organisations, hooks, moving)

    @once
    def show_links(self) -> ShowLinks:
        """What the API answers of links."""
        return ShowLinks(self.connections)

    @once
    def browse(self) -> Browse:
        """`GET /connections/{connection}/projects` and below."""
        return Browse(self.connections, self._organisations)

    @once
    def preview(self) -> Preview:
        """`POST /links/{kind}/{asset}/preview`."""
        return Preview(
            links=self.links,
            connections=self.connections,
            organisations=self._organisations,
            type_fields=self._type_fields,
            gates=self._gates,
            public_url=self.settings.public_url,
        )

    @once
    def departures(self) -> Departures:
        """`DELETE` of links and connections, and the rounds that carry it out."""
        return Departures(
            queue=self._ticket_work,
            connections=self.connections,
            links=self.links,
            unsubscribing=Unsubscribing(self.links, self._organisations, self._service_hooks),
            letting_go=LettingGo(self._tickets, self._journal, self._outbox, self._wake_ups, self._times),
            regrouping=Regrouping(self._tickets, self._accept, self._times),
            vault=self._vault,
            alerts=self.alerts,
        )

    @once
    def show_hook(self) -> ShowHook:
        """`GET /connections/{connection}/hook`."""
        return ShowHook(self.connections, self._service_hooks)

    @once
    def submit(self) -> Submit:
        """`POST /tickets`."""
        return Submit(self._tickets, self.links, self._accept)

    @once
    def take_report(self) -> TakeReport:
        """`POST /tickets/import`."""
        return TakeReport(self._tickets, self.links, self._accept, self._imports)

    @once
    def take_back(self) -> TakeBack:
        """`GET` and `DELETE /imports/{import}`, and the round that carries it out."""
        return TakeBack(
            table=self._tickets,
            imports=self._imports,
            connections=self.connections,
            queue=self._ticket_work,
            wake_ups=self._wake_ups,
            times=self._times,
        )

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
    def _accept(self) -> Accept:
        return Accept(self._tickets, self._wake_ups)

    @once
    def _imports(self) -> Imports:
        return Imports(Table(self._account, "imports"))

    @once
    def read_tickets(self) -> ReadTickets:
        """`GET /tickets` and `GET /tickets/{ticket}`."""
        return ReadTickets(self._tickets, self.connections)

    @once
    def retry(self) -> Retry:
        """`POST /tickets/{ticket}/retry`."""
        return Retry(self._tickets, self.read_tickets, self.links, self._journal, self._outbox, self._wake_ups)

    @once
    def by_hand(self) -> ByHand:
        """`PUT` and `DELETE /tickets/{ticket}/work-item`."""
        return ByHand(
            table=self._tickets,
            tickets=self.read_tickets,
            links=self.links,
            connections=self.connections,
            organisations=self._organisations,
            journal=self._journal,
            outbox=self._outbox,
            wake_ups=self._wake_ups,
        )

    @once
    def send_again(self) -> SendAgain:
        """`POST /failed-messages/{id}/resend` and `POST /failed-messages/resend`."""
        return SendAgain(self.failed_messages, self.resends, self._raw_queue)

    @once
    def poisoned(self) -> Poisoned:
        """The timer that empties the poison queues."""
        return Poisoned(self._raw_queue, self._fail, self.resends, self.alerts, self._times)

    @once
    def ticket_requests(self) -> TicketRequests:
        """The queue `ticket-requests`."""
        return TicketRequests(self.submit, self._fail, self.resends, self._account)

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
    def switch(self) -> Switch:
        """`GET` and `PUT /creation`."""
        return Switch(self._creation, self._times)

    @once
    def release(self) -> Release:
        """What plans again that was held back."""
        return Release(self._tickets, self.connections, self._ticket_work, self._wake_ups)

    @once
    def _gates(self) -> Gates:
        return Gates(self.switch, Shares(self._creation))

    @once
    def _creation(self) -> Table:
        return Table(self._account, "creation")

    @once
    def observe(self) -> Observe:
        """The queue `service-hook-events`."""
        return Observe(
            table=self._tickets,
            journal=self._journal,
            outbox=self._outbox,
            events=self.hook_events,
            connections=self.connections,
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
            },
            doctor=self._doctor,
            times=self._times,
        )

    @once
    def sweep(self) -> Sweep:
        """The sweep's timer."""
        return Sweep(
            self._tickets,
            self.connections,
            self.health,
            self._wake_ups,
            self._outbox,
            self.departures,
            self.take_back,
            self._times,
        )

    @once
    def _doctor(self) -> Doctor:
        return Doctor(
            links=self.links,
            organisations=self._organisations,
            service_hooks=self._service_hooks,
            records=HookRecords(self._tickets),
            observe=self.observe,
            hearing=self._hearing,
            alerts=HookAlerts(self.alerts, self._hearing),
        )

    @once
    def resends(self) -> Resends:
        """What is known of messages that ended on a poison queue."""
        return Resends(self._failed, self._times)

    def _raw_queue(self, name: str) -> RawQueue:
        return RawQueue(self._account, name)

    def _linked_place(self, connection: str) -> Place | None:
        link = next(iter(self.links.of(connection)), None)
        if link is None:
            return None
        making = link.own.over(self.connections.get(connection).defaults)
        return Place(link.project, making.work_item_type)


services = Services(os.environ)
"""This process's services."""

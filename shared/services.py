"""Composition: builds each client once per process, at its first use, and hands out the use cases.

Nothing here runs at import, and a bad setting is an error of the first call that needs it, never a function app
without functions.
"""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.alerts import QUEUE as ALERTS
from shared.alerts import Alerts
from shared.connections.check import CheckConnection, Place
from shared.connections.consent import Consent
from shared.connections.credentials.entra import Entra
from shared.connections.organisations import Organisations
from shared.connections.save import SaveConnection
from shared.connections.sign_in import SignIn
from shared.connections.store import ConnectionStore
from shared.links.save import SaveLink
from shared.links.service_hooks import ServiceHooks
from shared.links.show_hook import ShowHook
from shared.links.store import LinkStore
from shared.once import once
from shared.settings import Settings
from shared.storage.account import Account
from shared.storage.queues import Queue
from shared.storage.raw_queues import RawQueue
from shared.storage.secrets import Vault
from shared.storage.tables import Table
from shared.tickets.accept import Accept
from shared.tickets.adoption import Adoption
from shared.tickets.categories import Categories
from shared.tickets.creating import Refusals
from shared.tickets.doctor import Doctor
from shared.tickets.failed_messages.fail import Fail
from shared.tickets.failed_messages.poisoned import Poisoned
from shared.tickets.failed_messages.resends import Resends
from shared.tickets.failed_messages.send_again import SendAgain
from shared.tickets.failed_messages.store import FailedMessages
from shared.tickets.health import Health
from shared.tickets.hearing import Hearing
from shared.tickets.hook_alerts import HookAlerts
from shared.tickets.hook_records import HookRecords
from shared.tickets.journal import Journal
from shared.tickets.lane import Tools
from shared.tickets.leases import Leases
from shared.tickets.observe import Observe
from shared.tickets.outbox import Outbox
from shared.tickets.reading import ReadTickets
from shared.tickets.reconcile import Reconcile
from shared.tickets.requests import TicketRequests
from shared.tickets.retry import Retry
from shared.tickets.rounds import Rounds
from shared.tickets.submit import Submit
from shared.tickets.sweep import Sweep
from shared.tickets.verification import Verification
from shared.tickets.wake_ups import WakeUps
from shared.tickets.work import Work
from shared.times import Times

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential


_SEQUENCES_PER_EPOCH = 1_000_000


class Services:
    """Everything that a trigger may ask for. Reading any of it may raise `ConfigurationError`."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    @once
    def settings(self) -> Settings:
        """The settings, judged all together."""
        return Settings.read(self._environment)

    @once
    def connections(self) -> ConnectionStore:
        """Stored connections."""
        return ConnectionStore(Table(self._account, "connections"))

    @once
    def links(self) -> LinkStore:
        """Stored links."""
        return LinkStore(Table(self._account, "links"))

    @once
    def health(self) -> Health:
        """How connections are doing."""
        return Health(self._tickets, self._times)

    @once
    def save_connection(self) -> SaveConnection:
        """`PUT /connections/{connection}`."""
        return SaveConnection(self.connections, self._vault, self._organisations, self.settings.azure_devops_url)

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
        return SaveLink(self.links, self.connections, self._organisations, self._service_hooks)

    @once
    def show_hook(self) -> ShowHook:
        """`GET /connections/{connection}/hook`."""
        return ShowHook(self.connections, self._service_hooks)

    @once
    def submit(self) -> Submit:
        """`POST /tickets` and `POST /tickets/import`."""
        return Submit(self._tickets, self.links, Accept(self._tickets, self._wake_ups))

    @once
    def read_tickets(self) -> ReadTickets:
        """`GET /tickets` and `GET /tickets/{ticket}`."""
        return ReadTickets(self._tickets, self.connections)

    @once
    def retry(self) -> Retry:
        """`POST /tickets/{ticket}/retry`."""
        return Retry(self._tickets, self.read_tickets, self._wake_ups)

    @once
    def failed_messages(self) -> FailedMessages:
        """`GET /failed-messages`, and `GET` and `DELETE` of one."""
        return FailedMessages(self._failed)

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
    def hook_events(self) -> Queue:
        """The queue that hooks are put on."""
        return Queue(self._account, "service-hook-events")

    @once
    def alerts(self) -> Alerts:
        """What a person should know of."""
        return Alerts(Queue(self._account, ALERTS))

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
            alerts=self.alerts,
            adoption=self._adoption,
            times=self._times,
            public_url=self.settings.public_url,
        )
        refusals = Refusals(self._times.refusal_remembered)
        return Work(tools, self.links, self._organisations, refusals)

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
            doctor=self._doctor,
            times=self._times,
        )

    @once
    def sweep(self) -> Sweep:
        """The sweep's timer."""
        return Sweep(self._tickets, self.connections, self.health, self._wake_ups, self._outbox, self._times)

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
    def _service_hooks(self) -> ServiceHooks:
        settings = self.settings
        return ServiceHooks(settings.public_url, settings.hook_key, settings.hook_epoch)

    @once
    def _hearing(self) -> Hearing:
        return Hearing(self._tickets, self._times)

    @once
    def _times(self) -> Times:
        return Times.scaled(self.settings.time_scale)

    @once
    def _account(self) -> Account:
        storage = self.settings.storage
        return Account(storage, lambda: _identity(storage.client_id or self.settings.client_id))

    @once
    def _vault(self) -> Vault:
        return Vault(self.settings.key_vault_url, lambda: _identity(self.settings.client_id))

    @once
    def _organisations(self) -> Organisations:
        return Organisations(self._vault, self._entra, seconds=self._times.request, refused_for=self._times.retry)

    @once
    def _entra(self) -> Entra:
        # Up to three requests for a token come before one to Azure DevOps, which a lane's lease must outlast.
        return Entra(self.settings.entra_url, seconds=min(10.0, self._times.request))

    def _linked_place(self, connection: str) -> Place | None:
        link = next(iter(self.links.of(connection)), None)
        return Place(link.project, link.work_item_type) if link else None

    @once
    def _tickets(self) -> Table:
        return Table(self._account, "tickets")

    @once
    def _wake_ups(self) -> WakeUps:
        return WakeUps(self._ticket_work, self._times)

    @once
    def _ticket_work(self) -> Queue:
        return Queue(self._account, "ticket-work")

    @once
    def _leases(self) -> Leases:
        return Leases(self._tickets, self._times)

    @once
    def _journal(self) -> Journal:
        # Consumers keep the highest sequence that they saw, and restored tables do not know what was sent.
        first_sequence = (self.settings.tables_epoch - 1) * _SEQUENCES_PER_EPOCH + 1
        return Journal(self._tickets, self._leases, first_sequence)

    @once
    def _adoption(self) -> Adoption:
        return Adoption(
            table=self._tickets,
            journal=self._journal,
            outbox=self._outbox,
            links=self.links,
            health=self.health,
            categories=self._categories,
            epoch=self.settings.tables_epoch,
        )

    @once
    def _outbox(self) -> Outbox:
        return Outbox(self._tickets, self._updates)

    @once
    def _updates(self) -> Queue:
        return Queue(self._account, "ticket-updates")

    @once
    def _failed(self) -> Table:
        return Table(self._account, "failedmessages")

    @once
    def _fail(self) -> Fail:
        return Fail(self.failed_messages, self.alerts, self._updates, self._times)

    @once
    def resends(self) -> Resends:
        """What is known of messages that ended on a poison queue."""
        return Resends(self._failed, self._times)

    def _raw_queue(self, name: str) -> RawQueue:
        return RawQueue(self._account, name)

    @once
    def _categories(self) -> Categories:
        return Categories()


def _identity(client_id: str | None) -> "TokenCredential":
    """The app's own identity in Azure; a developer's sign-in elsewhere."""
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415  300 ms that most calls do not need

    return DefaultAzureCredential(managed_identity_client_id=client_id)


services = Services(os.environ)
"""This process's services."""

"""Clients and stores: each is built once per process, at its first use. What `services` makes use cases of."""

from collections.abc import Mapping

from shared.alerts import QUEUE as ALERTS
from shared.alerts import Alerts
from shared.connections.credentials.entra import Entra
from shared.connections.organisations import Organisations
from shared.connections.store import ConnectionStore
from shared.links.service_hooks import ServiceHooks
from shared.links.store import LinkStore
from shared.once import once
from shared.settings import Settings
from shared.storage.account import Account
from shared.storage.identity import own_identity
from shared.storage.queues import Queue
from shared.storage.secrets import Vault
from shared.storage.tables import Table
from shared.tickets.failed_messages.fail import Fail
from shared.tickets.failed_messages.store import FailedMessages
from shared.tickets.intake.accept import Accept
from shared.tickets.item_content.type_fields import TypeFields
from shared.tickets.lanes.health import Health
from shared.tickets.lanes.leases import Leases
from shared.tickets.lanes.wake_ups import WakeUps
from shared.tickets.observing.hearing import Hearing
from shared.tickets.observing.hook_events import QUEUE as HOOK_EVENTS
from shared.tickets.updates.journal import Journal
from shared.tickets.updates.outbox import Outbox
from shared.tickets.vulnerabilities.snapshots import Vulnerability
from shared.tickets.work_items.adoption import Adoption
from shared.tickets.work_items.categories import Categories
from shared.times import Times
from shared.tokens.asking import Asking
from shared.tokens.leaks import Leaks
from shared.tokens.store import TokenStore

_SEQUENCES_PER_EPOCH = 1_000_000


class Clients:
    """Everything that use cases share. Reading any of it may raise `ConfigurationError`."""

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
    def hook_events(self) -> Queue:
        """The queue that hooks are put on, and put off to."""
        return Queue(self._account, HOOK_EVENTS)

    @once
    def registry_work(self) -> Queue:
        """The queue of what repositories are to be read."""
        return Queue(self._account, "registry-work")

    @once
    def alerts(self) -> Alerts:
        """What a person should know of."""
        return Alerts(Queue(self._account, ALERTS))

    @once
    def _service_hooks(self) -> ServiceHooks:
        settings = self.settings
        return ServiceHooks(settings.hooks_url, settings.hook_key, settings.hook_epoch)

    @once
    def _hearing(self) -> Hearing:
        return Hearing(self._tickets, self._times)

    @once
    def _times(self) -> Times:
        return Times.scaled(self.settings.time_scale)

    @once
    def _account(self) -> Account:
        storage = self.settings.storage
        return Account(storage, lambda: own_identity(storage.client_id))

    @once
    def _vault(self) -> Vault:
        return Vault(self.settings.key_vault_url, lambda: own_identity(self.settings.client_id))

    @once
    def _organisations(self) -> Organisations:
        return Organisations(
            self._vault,
            self._entra,
            seconds=self._times.request,
            refused_for=self._times.retry,
            token_refused=self._ask_for_token.soon,
        )

    @once
    def _ask_for_token(self) -> Asking:
        return Asking(self._ticket_work)

    @once
    def _entra(self) -> Entra:
        # Up to three requests for a token come before one to Azure DevOps, which a lane's lease must outlast.
        return Entra(self.settings.entra_url, seconds=min(10.0, self._times.request))

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
    def _accept(self) -> Accept:
        return Accept(self._tickets, self._wake_ups, self._look_for_leaks)

    def _look_for_leaks(self, vulnerability: Vulnerability) -> None:
        asset = vulnerability.asset
        where = f"the vulnerability {vulnerability.id} of the {asset.kind} {asset.id}"
        self._leaks.look(vulnerability.model_dump_json(exclude_defaults=True), where)

    @once
    def _leaks(self) -> Leaks:
        return Leaks(self._token_store, self._ask_for_token)

    @once
    def _token_store(self) -> TokenStore:
        return TokenStore(Table(self._account, "tokens"), self._times)

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
    def failed_messages(self) -> FailedMessages:
        """`GET /failed-messages`, and `GET` and `DELETE` of one."""
        return FailedMessages(self._failed)

    @once
    def _failed(self) -> Table:
        return Table(self._account, "failedmessages")

    @once
    def _fail(self) -> Fail:
        return Fail(self.failed_messages, self.alerts, self._updates, self._times)

    @once
    def _categories(self) -> Categories:
        return Categories()

    @once
    def _type_fields(self) -> TypeFields:
        return TypeFields()

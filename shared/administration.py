"""Composition of what people set up: connections, links, service hooks, and whether work items are made."""

from shared.connections.browse import Browse
from shared.connections.check import CheckConnection, Place
from shared.connections.consent import Consent
from shared.connections.expiry import Expiries
from shared.connections.save import SaveConnection
from shared.connections.sign_in import SignIn
from shared.links.inheriting import Inheriting
from shared.links.save import SaveLink
from shared.links.show_hook import ShowHook
from shared.links.showing import ShowLinks
from shared.links.unsubscribing import Unsubscribing
from shared.once import once
from shared.registries.keeping.given import problems_of
from shared.registry_services import RegistryServices
from shared.storage.tables import Table
from shared.tickets.api.preview import Preview
from shared.tickets.holds.shares import Shares
from shared.tickets.holds.switch import Switch
from shared.tickets.link_changes.belongings import has_any
from shared.tickets.link_changes.departures import Departures
from shared.tickets.link_changes.letting_go import LettingGo
from shared.tickets.link_changes.moving import Moving
from shared.tickets.link_changes.regrouping import Regrouping
from shared.tickets.work.admission import Gates
from shared.tokens.keeping import VaultSecret
from shared.tokens.managed_tokens import ManagedTokens
from shared.tokens.owners import Owners
from shared.tokens.personal_access_tokens import PersonalAccessTokens
from shared.tokens.proving import Proving
from shared.tokens.requests import NewTokenRequest
from shared.tokens.rotation import Tools
from shared.tokens.runs import Runs


class Administration(RegistryServices):
    """Use cases of administration. Reading any of them may raise `ConfigurationError`."""

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
            secret_of=self.managed_tokens.secret_of,
            unfit_conventions=problems_of,
        )

    @once
    def check_connection(self) -> CheckConnection:
        """What a connection, or a new token for it, may do."""
        return CheckConnection(self.connections, self._organisations, self._linked_place)

    @once
    def expiries(self) -> Expiries:
        """When credentials end: a timer's watch, and what the API shows."""
        table = Table(self._account, "connections")
        return Expiries(table, self.connections, self._vault, self.alerts, table.clock.now)

    @once
    def sign_in(self) -> SignIn:
        """`POST` and `GET /connections/{connection}/sign-in`."""
        return SignIn(self.connections, self._vault, self._entra, self._organisations)

    @once
    def consent(self) -> Consent:
        """`GET /connections/{connection}/consent`."""
        return Consent(self.connections, self.settings.entra_url, self.settings.public_url)

    @once
    def browse(self) -> Browse:
        """`GET /connections/{connection}/projects` and below."""
        return Browse(self.connections, self._organisations)

    @once
    def personal_access_tokens(self) -> PersonalAccessTokens:
        """`/connections/{connection}/personal-access-tokens`."""
        return PersonalAccessTokens(self._owners, in_use=self.managed_tokens.use_of)

    def secret_for(self, request: NewTokenRequest) -> VaultSecret:
        """Return where the value of a new token goes."""
        return VaultSecret(self._vault, request.secret, request.replace_secret)

    @once
    def managed_tokens(self) -> ManagedTokens:
        """`/tokens`."""
        return ManagedTokens(self._token_tools, self.token_runs)

    @once
    def token_runs(self) -> Runs:
        """What the timer of managed tokens starts."""
        return Runs(self._token_tools, self.alerts, self._ask_for_token, renewed=self.health.credential_renewed)

    @once
    def _token_tools(self) -> Tools:
        return Tools(
            store=self._token_store,
            owners=self._owners,
            vault=self._vault,
            proving=Proving(self._organisations, self.check_connection.lacking, self._times.proved_within),
            times=self._times,
            now=self._account.clock.now,
        )

    @once
    def _owners(self) -> Owners:
        return Owners(self.connections, self._organisations, self.settings.tokens_url)

    @once
    def save_link(self) -> SaveLink:
        """`PUT /links/{kind}/{asset}`."""
        hooks, moving = self._service_hooks, Moving(self._tickets)
        return SaveLink(self.links, self.connections, self._organisations, hooks, moving, problems_of)

    @once
    def show_links(self) -> ShowLinks:
        """What the API answers of links."""
        return ShowLinks(self.connections)

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
    def show_hook(self) -> ShowHook:
        """`GET /connections/{connection}/hook`."""
        return ShowHook(self.connections, self._service_hooks)

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
            forget=self._forget_registries.all_of,
        )

    @once
    def switch(self) -> Switch:
        """`GET` and `PUT /creation`."""
        return Switch(self._creation, self._times)

    @once
    def _gates(self) -> Gates:
        return Gates(self.switch, Shares(self._creation))

    @once
    def _creation(self) -> Table:
        return Table(self._account, "creation")

    def _linked_place(self, connection: str) -> Place | None:
        link = next(iter(self.links.of(connection)), None)
        if link is None:
            return None
        making = link.own.over(self.connections.get(connection).defaults)
        return Place(link.project, making.work_item_type)

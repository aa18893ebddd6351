"""Managed tokens on real storage, with simulators of Azure DevOps and Key Vault, and processes that may die."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from azure.identity import DefaultAzureCredential

from shared.azure_devops import personal_access_tokens as pats
from shared.azure_devops.organisation import Organisation, new_session
from shared.azure_devops.paging import every
from shared.azure_devops.personal_access_tokens import PersonalAccessToken
from shared.azure_devops.projects import who_am_i, work_item_types
from shared.connections.credentials.personal_access_token import basic
from shared.connections.defaults import Defaults
from shared.connections.models import Connection
from shared.errors import CredentialError, RefusedError
from shared.settings import StorageAccount
from shared.storage.account import Account
from shared.storage.secrets import Vault
from shared.storage.tables import Table
from shared.times import Times
from shared.tokens.asking import Asking
from shared.tokens.managed import DAY, ManagedToken, Policy
from shared.tokens.owners import Owners
from shared.tokens.proving import Proving
from shared.tokens.rotation import Tools
from shared.tokens.runs import Runs
from shared.tokens.store import TokenStore
from tests.functional.azure_devops_client import Client, client
from tests.functional.simulated_azure import SimulatedAzure
from tests.functional.test_departures_resumed import NO_CREDENTIAL, Kept, Life, Mortal

NAME = "sonar"
SCOPES = ("vso.code",)
# A lease that is over at once: whoever takes it knows that the last process is dead.
TIMES = replace(Times.scaled(0.02), lease=-2.0)


@dataclass
class World:
    """One managed token of one user, and what a process that lives so many steps does to it."""

    account: Account
    azure: SimulatedAzure
    user: Client
    times: Times = TIMES
    shift: timedelta = timedelta()
    alerts: Kept = field(default_factory=Kept)
    asked: Kept = field(default_factory=Kept)
    users: list[Connection] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.secret = f"sonar-{secrets.token_hex(5)}"
        self.table = Table(self.account, f"tokens{secrets.token_hex(5)}")
        self.vault = Vault(self.azure.vault, DefaultAzureCredential)
        self.session = new_session()
        self.signs_in = True
        policy = Policy("contoso", self.secret, SCOPES, 30 * DAY, 10 * DAY, 1 * DAY)
        assert self.store().find(NAME) is None  # the first look makes the table
        self.store().save(ManagedToken(NAME, policy, secrets.token_hex(4)))

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift

    def store(self, table: Any = None) -> TokenStore:
        return TokenStore(table or self.table, self.times)

    def token(self) -> ManagedToken:
        return self.store().get(NAME)

    def runs(self, life: Life | None = None) -> Runs:
        """Return a process that lives so many steps; without a `life`, for ever."""

        def mortal(target: Any) -> Any:
            return Mortal(target, life) if life else target

        def signed_in(url: str, credential: Any) -> Any:
            return mortal(Organisation(url, self.session, credential.authorization, seconds=20))

        organisations: Any = SimpleNamespace(signed_in=signed_in, credential=self._credential)
        contoso = self.connection("contoso")
        connections: Any = SimpleNamespace(get=lambda _: contoso, signing_in_with=lambda _: self.users)
        tools = Tools(
            store=self.store(mortal(self.table)),
            owners=Owners(connections, organisations, self.user.organization.base),
            vault=mortal(self.vault),
            proving=Proving(organisations, self.lacking, self.times.proved_within),
            times=self.times,
            now=self.now,
        )
        return Runs(tools, self.alerts, Asking(self.asked), self.renewed.append)  # type: ignore[arg-type]

    @staticmethod
    def lacking(user: Connection, organisation: Organisation) -> frozenset[str]:
        """Return what a user of the token may not do: read work items, which is all that it is for."""
        del user
        try:
            organisation.do(work_item_types("Web Shop"))
        except (CredentialError, RefusedError):
            return frozenset({"work_items_read"})
        return frozenset()

    def connection(self, name: str) -> Connection:
        """Return a connection to the user's organisation."""
        url = f"{self.user.organization.base}/{self.user.name}"
        return Connection(name, url, "user_password", "s", "Ada", Defaults())

    def _credential(self, _: Connection) -> Any:
        return SimpleNamespace(authorization=self._authorization)

    def _authorization(self, renew: bool) -> str:
        del renew
        if not self.signs_in:
            raise CredentialError("The user must prove who they are by a second factor.")
        return "Bearer ada"

    def run(self, life: Life | None = None) -> ManagedToken | None:
        return self.runs(life).one(NAME)

    def opens(self, value: str) -> bool:
        try:
            self.user.at(f"{self.user.organization.base}/{self.user.name}", basic(value)).do(who_am_i())
        except CredentialError:
            return False
        return True

    def newest_works(self) -> bool:
        """Whether what every reader of Key Vault gets opens the organisation."""
        found = self.vault.newest(self.secret)
        return bool(found and self.opens(found.value))

    def active(self, show: pats.Show = "active") -> list[PersonalAccessToken]:
        return list(every(self.user.as_bearer("ada"), lambda after: pats.list_tokens(after, show=show)))

    def orphans(self) -> list[str]:
        """Return the active tokens whose value nobody has: neither the row nor an enabled version names them."""
        token = self.token()
        named = {one.tags.get("authorization-id") for one in self.vault.versions(self.secret) if one.enabled}
        named |= {held.authorization_id for held in token.held}
        return [one.name for one in self.active() if one.authorization_id not in named]


@contextmanager
def world(azurite: str, azure: SimulatedAzure, base: str, **options: Any) -> Iterator[World]:
    account = Account(StorageAccount(connection_string=azurite), lambda: NO_CREDENTIAL)
    with client(base) as user:
        made = World(account, azure, user, **options)
        with made.session:
            yield made

"""A year of hourly runs over one managed token, with all that goes wrong in a year: no hour without one that works.

Unless every remedy was impossible: then a person was told a day before.
"""

import secrets
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from shared.azure_devops.paging import Page
from shared.azure_devops.personal_access_tokens import NewToken, PersonalAccessToken
from shared.connections.defaults import Defaults
from shared.connections.models import Connection
from shared.errors import BridgeError, ConfigurationError, CredentialError, RefusedError, TransientError
from shared.storage.secrets import Version
from shared.storage.tables import Operation, Row, RowChangedError
from shared.times import Times
from shared.tokens.managed import DAY, ManagedToken, Policy
from shared.tokens.owners import Owners
from shared.tokens.proving import Proving
from shared.tokens.rotation import Tools
from shared.tokens.runs import Runs
from shared.tokens.store import TokenStore

HOUR = timedelta(hours=1)
START = datetime(2027, 1, 1, tzinfo=UTC)
POLICY = Policy("contoso", "sonar", ("vso.code",), 30 * DAY, 10 * DAY, DAY)
CONTOSO = Connection("contoso", "https://u/contoso", "user_password", "s", "Ada", Defaults())


@dataclass
class Clock:
    at: datetime = START

    def now(self) -> datetime:
        return self.at


@dataclass
class AzureDevOps:
    """The tokens of one user, by a clock of its own; `trouble` is what it says to whoever wants to create one."""

    clock: Clock
    skew: timedelta = timedelta()
    most: timedelta | None = None
    trouble: BridgeError | None = None
    signs_in: bool = True
    values: dict[str, PersonalAccessToken] = field(default_factory=dict)
    created: int = 0

    def now(self) -> datetime:
        return self.clock.at + self.skew

    def accepts(self, value: str) -> bool:
        found = self.values.get(value)
        return found is not None and self.now() < found.valid_to

    def signed_in(self, _url: str, credential: Any) -> Any:
        header = credential.authorization(False)
        if header == "Bearer ada":
            return SimpleNamespace(do=self._as_user)
        value = b64decode(header.removeprefix("Basic ")).decode()[1:]
        return SimpleNamespace(do=lambda _: self._as_holder(value))

    def credential(self, _: Connection) -> Any:
        if not self.signs_in:
            raise CredentialError("Entra ID refuses the user.")
        return SimpleNamespace(authorization=lambda _: "Bearer ada")

    def _as_holder(self, value: str) -> None:
        if not self.accepts(value):
            raise CredentialError("no")

    def _as_user(self, call: Any) -> Any:
        match call.method:
            case "GET":
                return Page([one for one in self.values.values() if self.now() < one.valid_to])
            case "POST":
                return self._create(call.body)
            case _:
                wanted = call.query["authorizationId"]
                self.values = {value: one for value, one in self.values.items() if one.authorization_id != wanted}
                return None

    def _create(self, body: Mapping[str, str]) -> NewToken:
        if self.trouble:
            raise self.trouble
        end = datetime.fromisoformat(body["validTo"])
        end = min(end, self.now() + self.most) if self.most else end
        made = PersonalAccessToken(
            secrets.token_hex(8), body["displayName"], tuple(body["scope"].split()), self.now(), end, ("o",)
        )
        self.created += 1
        value = secrets.token_hex(26)
        self.values[value] = made
        return NewToken(made, value)


@dataclass
class KeyVault:
    """The versions of one secret."""

    found: list[Version] = field(default_factory=list)
    refuses: bool = False
    silent: bool = False

    def newest(self, _: str) -> Version | None:
        if self.silent:
            raise TransientError("Key Vault does not answer.")
        return self.found[-1] if self.found else None

    def version(self, _: str, version: str) -> Version | None:
        return next((one for one in self.found if one.id == version and one.enabled), None)

    def versions(self, _: str) -> list[Version]:
        return list(self.found)

    def set(self, _: str, value: str, *, tags: Mapping[str, str], expires: datetime) -> str:
        del expires
        if self.refuses:
            raise ConfigurationError(["Key Vault does not let this app store a secret"])
        self.found.append(Version(secrets.token_hex(4), tags, value=value))
        return self.found[-1].id

    def disable(self, _: str, version: str) -> None:
        self.found = [replace(one, enabled=one.enabled and one.id != version) for one in self.found]


@dataclass
class Rows:
    """A table with one row."""

    clock: Clock
    row: Row | None = None

    def get(self, _partition: str, _key: str) -> Row | None:
        return self.row

    def write(self, partition: str, operation: Operation) -> str:
        if operation.etag != (self.row.etag if self.row else ""):
            raise RowChangedError
        self.row = Row(partition, operation.key, operation.values, secrets.token_hex(4), self.clock.at)
        return self.row.etag


@dataclass
class Year:
    clock: Clock = field(default_factory=Clock)
    told: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.azure, self.vault, self.rows = AzureDevOps(self.clock), KeyVault(), Rows(self.clock)
        organisations: Any = self.azure
        connections: Any = SimpleNamespace(get=lambda _: CONTOSO, signing_in_with=lambda _: [])
        table: Any = self.rows
        vault: Any = self.vault
        self.store = TokenStore(table, Times())
        owners = Owners(connections, organisations, "https://tokens")
        proving = Proving(organisations, lambda *_: frozenset(), 0.0, sleep=lambda _: None)
        tools = Tools(self.store, owners, vault, proving, Times(), self.clock.now)
        alerts: Any = SimpleNamespace(send=lambda *_, **__: self.told.append(self.clock.at))
        self.runs = Runs(tools, alerts, NOBODY, NOBODY)
        self.store.save(ManagedToken("sonar", POLICY, "1"))

    @property
    def day(self) -> float:
        return (self.clock.at - START) / DAY

    def hour(self) -> None:
        self.runs.run({"token": "sonar"})
        self.clock.at += HOUR

    def works(self) -> bool:
        found = self.vault.found[-1:]
        return bool(found and self.azure.accepts(found[0].value))


NOBODY: Any = lambda _: None  # noqa: E731
BLOCKED = RefusedError("The organisation's policy forbids new tokens.", rule="disablePatCreationPolicyViolation")


def weather(year: Year) -> None:
    """What is wrong on a day of the year."""
    day, azure, vault = year.day, year.azure, year.vault
    azure.signs_in = not (20 <= day < 23 or 300 <= day < 303)
    vault.refuses = 60 <= day < 66
    vault.silent = 80 <= day < 81
    azure.most = 6 * DAY if day >= 120 else None
    azure.trouble = BLOCKED if 200 <= day < 210 else None
    azure.skew = timedelta(minutes=5 if day % 2 < 1 else -5) if day >= 240 else timedelta()


def test_no_hour_without_a_token_that_works_unless_nothing_could_be_done() -> None:
    year = Year()
    year.hour()
    without: list[datetime] = []
    while year.day < 365:
        weather(year)
        year.hour()
        if not year.works():
            without.append(year.clock.at)

    # With lives of six days, a ban of ten leaves none: a person was told in time, and it ends with the ban.
    assert all(204 <= (at - START) / DAY <= 210 for at in without)
    assert without
    assert any(at <= without[0] - DAY for at in year.told if at > START + 200 * DAY)
    token = year.store.get("sonar")
    assert (token.problem, token.rotation, len(year.azure.values)) == (None, "", len(token.held))
    # While Key Vault took no secrets, tokens were not made every hour to be revoked.
    assert year.azure.created < 130
    # Neither did every run replace it nor did anything pile up.
    assert 60 < len(year.vault.found) < 110
    assert sum(one.enabled for one in year.vault.found) == len(token.held)
    assert len(year.told) < 20

"""The app's settings: read from a mapping, judged all together, never echoed.

`Settings.read(os.environ)` either returns settings that can be used or raises one `ConfigurationError`
that names every problem at once. No value is ever part of a message: some of them are secrets.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from urllib.parse import urlsplit

from shared.errors import ConfigurationError

DEFAULT_AZURE_DEVOPS_URL = "https://dev.azure.com"
DEFAULT_TOKENS_URL = "https://vssps.dev.azure.com"
DEFAULT_ENTRA_URL = "https://login.microsoftonline.com"
MAX_IMPORT_BYTES = 100 * 1024 * 1024
KEEP_HISTORY_DAYS = 730
KEEP_FAILED_MESSAGES_DAYS = 90
KEEP_REGISTRIES_DAYS = 30
_MOST_DAYS = 36_500
SCHEDULES = (
    "SWEEP_SCHEDULE",
    "RECONCILE_SCHEDULE",
    "VERIFY_SCHEDULE",
    "DOCTOR_SCHEDULE",
    "RETENTION_SCHEDULE",
    "TOKENS_SCHEDULE",
)
STORAGE_CONNECTION = "AzureWebJobsStorage"
ROLE = "APP_ROLE"
"""Which of the functions an app has: those that take service hooks, all others, or, if it is not set, all."""
EDGE = "edge"
CORE = "core"
# An unresolved reference reaches the app as its literal text:
# https://learn.microsoft.com/azure/app-service/app-service-key-vault-references
_UNRESOLVED_REFERENCE = "@Microsoft.KeyVault("
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class ConsoleAccess(StrEnum):
    """Who may see the console."""

    KEY = "key"
    """Who gives the host key."""
    APP_SERVICE = "app_service"
    """Whom App Service authentication has signed in: only where that is on, or anybody could say to be somebody."""
    OPEN = "open"
    """Whoever is at this machine; for one machine only."""


@dataclass(frozen=True, slots=True)
class StorageAccount:
    """How storage is reached: a connection string on one machine, service URIs and an identity in Azure."""

    connection_string: str | None = field(default=None, repr=False)
    queue_uri: str = ""
    table_uri: str = ""
    blob_uri: str = ""
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of the app. `local.settings.sample.json` shows each with a value for one machine."""

    storage: StorageAccount
    key_vault_url: str
    public_url: str
    hooks_url: str
    hook_key: str = field(repr=False)
    azure_devops_url: str = DEFAULT_AZURE_DEVOPS_URL
    tokens_url: str = DEFAULT_TOKENS_URL
    entra_url: str = DEFAULT_ENTRA_URL
    hook_epoch: int = 1
    max_import_bytes: int = MAX_IMPORT_BYTES
    time_scale: float = 1.0
    tables_epoch: int = 1
    keep_history_days: int = KEEP_HISTORY_DAYS
    keep_failed_messages_days: int = KEEP_FAILED_MESSAGES_DAYS
    keep_registries_days: int = KEEP_REGISTRIES_DAYS
    client_id: str | None = None
    console_access: ConsoleAccess = ConsoleAccess.KEY

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "Settings":
        """Return the settings in `values`.

        Raises `ConfigurationError` with one line for each setting that is missing or unusable.
        """
        reader = Reader(values)
        storage, key_vault_url = reader.storage(), reader.url("KEY_VAULT_URL")
        public_url = reader.url("PUBLIC_URL", plain_http=None)
        settings = cls(
            storage=storage,
            key_vault_url=key_vault_url,
            public_url=public_url,
            hooks_url=reader.url("HOOKS_URL", plain_http=None) if reader.has("HOOKS_URL") else public_url,
            hook_key=reader.hook_key(),
            azure_devops_url=reader.url("AZURE_DEVOPS_URL", default=DEFAULT_AZURE_DEVOPS_URL),
            tokens_url=reader.url("AZURE_DEVOPS_TOKENS_URL", default=DEFAULT_TOKENS_URL),
            entra_url=reader.url("ENTRA_URL", default=DEFAULT_ENTRA_URL, plain_http=()),  # msal takes nothing else
            hook_epoch=reader.hook_epoch(),
            max_import_bytes=reader.number("MAX_IMPORT_BYTES", int, MAX_IMPORT_BYTES, least=1024),
            time_scale=reader.number("TIME_SCALE", float, 1.0, least=0.001),
            tables_epoch=reader.number("TABLES_EPOCH", int, 1, least=1),
            keep_history_days=reader.number("KEEP_HISTORY_DAYS", int, KEEP_HISTORY_DAYS, least=0, most=_MOST_DAYS),
            keep_failed_messages_days=reader.number(
                "KEEP_FAILED_MESSAGES_DAYS", int, KEEP_FAILED_MESSAGES_DAYS, least=0, most=_MOST_DAYS
            ),
            keep_registries_days=reader.number(
                "KEEP_REGISTRIES_DAYS", int, KEEP_REGISTRIES_DAYS, least=0, most=_MOST_DAYS
            ),
            client_id=reader.client_id(),
            console_access=reader.console_access(),
        )
        reader.role()
        for schedule in SCHEDULES:  # read by the host; without them nobody finds what was forgotten or missed
            reader.text(schedule)
        if reader.problems:
            raise ConfigurationError(reader.problems)
        return settings


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    """What taking service hooks needs, and nothing else."""

    queue: StorageAccount
    hook_key: str = field(repr=False)
    hook_epoch: int = 1

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "EdgeSettings":
        """Return the settings in `values`.

        Raises `ConfigurationError` with one line for each setting that is missing or unusable.
        """
        reader = Reader(values)
        reader.role()
        settings = cls(queue=reader.hook_queue(), hook_key=reader.hook_key(), hook_epoch=reader.hook_epoch())
        if reader.problems:
            raise ConfigurationError(reader.problems)
        return settings


class Reader:
    """Reads one setting after another and collects what is wrong with them, in `problems`."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.problems: list[str] = []

    def has(self, name: str) -> bool:
        """Whether a setting says anything."""
        return bool(self._values.get(name, "").strip())

    def text(self, name: str, *, default: str | None = None, at_least: int = 1) -> str:
        """Return a setting that must be there, unless it has a default."""
        value = self._values.get(name, "").strip() or default
        if value is None:
            self.problems.append(f"{name} is not set")
            return ""
        if value.startswith(_UNRESOLVED_REFERENCE):
            self.problems.append(
                f"{name} is a Key Vault reference that Azure could not resolve: "
                "check the secret's name and the identity's right to read it"
            )
        elif len(value) < at_least:
            self.problems.append(f"{name} is shorter than {at_least} characters")
        return value

    def url(self, name: str, *, default: str | None = None, plain_http: Sequence[str] | None = _LOOPBACK) -> str:
        """Return a setting that is an address, without a slash at its end.

        `plain_http` are the hosts that need no TLS; None is all of them.
        """
        value = self.text(name, default=default).rstrip("/")
        if not value:
            return value
        if not _is_plain_url(value, plain_http):
            self.problems.append(f"{name} is not an https:// address without query and credentials")
        return value

    def number[N: (int, float)](
        self, name: str, convert: Callable[[str], N], default: N, *, least: N, most: N | None = None
    ) -> N:
        """Return a setting that is a number between two others."""
        value = self._values.get(name, "").strip()
        if not value:
            return default
        try:
            number = convert(value)
        except ValueError:
            self.problems.append(f"{name} is not a number")
            return default
        if not isfinite(number):
            self.problems.append(f"{name} is not a number")
        elif number < least:
            self.problems.append(f"{name} is less than {least}")
        elif most is not None and number > most:
            self.problems.append(f"{name} is more than {most}")
        return number

    def role(self) -> None:
        """Whatever else it says, the app has all functions, and each says so: see docs/decisions/0017-in-azure.md."""
        if self._values.get(ROLE, "").strip() not in ("", EDGE, CORE):
            self.problems.append(
                f"{ROLE} is neither {EDGE} nor {CORE}: correct it, or remove it to have both in one app"
            )

    def console_access(self) -> ConsoleAccess:
        """Return who may see the console; what is not said is the safest."""
        value = self._values.get("CONSOLE_ACCESS", "").strip() or ConsoleAccess.KEY
        if value not in tuple(ConsoleAccess):
            self.problems.append(f"CONSOLE_ACCESS is not one of: {', '.join(ConsoleAccess)}")
            return ConsoleAccess.KEY
        return ConsoleAccess(value)

    def hook_key(self) -> str:
        """Return what passwords of service hooks are derived from."""
        return self.text("HOOK_KEY", at_least=32)

    def hook_epoch(self) -> int:
        """Return which of the passwords of a connection's hooks is the newest."""
        return self.number("HOOK_EPOCH", int, 1, least=1)

    def client_id(self) -> str | None:
        """Return which identity the app uses; None is its only one."""
        return self._values.get("AZURE_CLIENT_ID") or None

    def hook_queue(self) -> StorageAccount:
        """Another account than the host's own where two apps share the work: the edge reaches no blob of the core's."""
        if not self.has("HOOK_QUEUE_URL"):
            return self.storage()
        return StorageAccount(queue_uri=self.url("HOOK_QUEUE_URL"), client_id=self.client_id())

    def storage(self) -> StorageAccount:
        """Follow the names that the Functions host itself reads for a connection.

        https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
        """
        text = self._values.get(STORAGE_CONNECTION, "").strip()
        if text:
            if not is_connection_string(text):
                self.problems.append(f"{STORAGE_CONNECTION} is not a connection string")
            return StorageAccount(connection_string=text)
        account = self._values.get(f"{STORAGE_CONNECTION}__accountName", "").strip()
        uris = [self._service_uri(service, account) for service in ("queue", "table", "blob")]
        if not all(uris):
            self.problems.append(
                f"{STORAGE_CONNECTION} is not set: give a connection string, {STORAGE_CONNECTION}__accountName, "
                f"or {STORAGE_CONNECTION}__queueServiceUri, __tableServiceUri and __blobServiceUri"
            )
        client_id = self._values.get(f"{STORAGE_CONNECTION}__clientId") or self.client_id()
        return StorageAccount(queue_uri=uris[0], table_uri=uris[1], blob_uri=uris[2], client_id=client_id)

    def _service_uri(self, service: str, account: str) -> str:
        given = self._values.get(f"{STORAGE_CONNECTION}__{service}ServiceUri", "").strip()
        if given:
            return self.url(f"{STORAGE_CONNECTION}__{service}ServiceUri")
        return f"https://{account}.{service}.core.windows.net" if account else ""


def _is_plain_url(value: str, plain_http: Sequence[str] | None) -> bool:
    try:
        parts = urlsplit(value)
        _ = parts.port  # judged when it is read
    except ValueError:
        return False
    without_tls = plain_http is None or parts.hostname in plain_http
    secure = parts.scheme == "https" or (parts.scheme == "http" and without_tls)
    return bool(secure and parts.hostname) and not (parts.query or parts.fragment or parts.username)


def is_connection_string(text: str) -> bool:
    """Whether the SDKs can use it: an account with its key, or a shared access signature."""
    parts = (part.partition("=") for part in text.split(";"))
    names = {name.strip().lower() for name, _, value in parts if value.strip()}
    return "sharedaccesssignature" in names or {"accountname", "accountkey"} <= names

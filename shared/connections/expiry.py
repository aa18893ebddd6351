"""When what the app depends on ends, credentials of connections and the key of service hooks, and who hears of it.

The truth is the attribute `exp` of each secret in Key Vault: read off a certificate as it is saved, given with a client
secret, a password or a token (whose end nobody tells who signs in with it), 90 days after the last use for a refresh
token; or set by whoever renews a secret in Key Vault itself. One list of the vault's secrets tells all of them.
https://learn.microsoft.com/azure/key-vault/secrets/about-secrets#secret-attributes
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.alerts import WARNED_AT, Alerts, threshold, urgency
from shared.connections.models import Connection
from shared.connections.store import ConnectionStore
from shared.errors import BridgeError
from shared.storage import tables
from shared.storage.secrets import Vault
from shared.storage.tables import Row, RowChangedError, Table, Value

log = logging.getLogger(__name__)
ALERT = "credential_expiring"
HOOK_KEY = "HOOK_KEY"
"""The setting, as the subject of an alert; no connection can be called so."""
HOOK_KEY_SECRET = "hook-key"  # noqa: S105  its name
"""The secret that the setting refers to, as the README names it: an app cannot see where its settings come from."""
_PARTITION = "expiry"
_SCHEMA = 1
_FIRST = max(WARNED_AT)

_WORDS: Mapping[str, tuple[str, str]] = {
    "client_secret": (
        "client secret of the application",
        "Make a new client secret in Entra, and save the connection with it and its expires.",
    ),
    "certificate": (
        "certificate of the application",
        "Upload a new certificate to the application in Entra, and save the connection with it.",
    ),
    "personal_access_token": (
        "personal access token",
        "Make another one and save the connection with it and its expires; a managed_token looks after itself.",
    ),
    "user_password": ("password of the user", "Change it, and save the connection with the new one and its expires."),
    "signed_in_user": (
        "sign-in of the user, unless somebody uses the connection,",
        "Use it (POST /api/connections/{name}/check), which renews it, or delete it.",
    ),
}
_HOOK_KEY_WORDS = (
    "key of service hooks",
    "Store a new version with a later expiry, raise HOOK_EPOCH, restart: service hooks get the new password.",
)


@dataclass(frozen=True, slots=True)
class Expiry:
    """When a secret ends, and the threshold of `WARNED_AT` at which a person last heard of it."""

    secret: str
    at: datetime | None
    warned: int | None = None


@dataclass(frozen=True, slots=True)
class Expiries:
    """Watches them. What was told is kept in rows of its own beside those of connections, which stay as they are."""

    table: Table
    connections: ConnectionStore
    vault: Vault
    alerts: Alerts
    now: Callable[[], datetime]

    def watch(self) -> None:
        """Look at all of them, and tell of each that ends soon: once for each threshold.

        Raises `TransientError` and `ConfigurationError` where Key Vault cannot be asked, or not all could be told.
        """
        ends, rows = self.vault.ends(), {row.key: row for row in self._rows()}
        for connection in self.connections.all():
            row, secret = rows.pop(connection.name, None), _own(connection)
            words, hint = _words(connection)
            about = f"The {words} of the connection {connection.name}"
            self._see(connection.name, row, Expiry(secret, ends.get(secret)), about, hint)
        words, hint = _HOOK_KEY_WORDS
        seen = Expiry(HOOK_KEY_SECRET, ends.get(HOOK_KEY_SECRET))
        self._see(HOOK_KEY, rows.pop(HOOK_KEY, None), seen, f"The {words}", hint)
        for row in rows.values():
            self._write(tables.delete(row.key, row.etag))

    def look_at(self, name: str) -> None:
        """Take in when a connection's credential ends, as it was just saved; the next watch does what fails here."""
        with suppress(BridgeError):
            connection = self.connections.get(name)
            found = self.vault.newest(_own(connection)) if _own(connection) else None
            self._keep(name, self._row(name), Expiry(_own(connection), found.expires if found else None))

    def of(self, connection: Connection) -> datetime | None:
        """Return when a connection's credential ends, None where that is not known."""
        row = self._row(connection.name)
        known = _expiry(row) if row else None
        return known.at if known and known.secret == _own(connection) else None

    def soon(self) -> int:
        """Return how many have ended, or end within two weeks."""
        end = self.now() + timedelta(days=_FIRST)
        return sum(bool(known.at and known.at <= end) for known in map(_expiry, self._rows()))

    def _see(self, subject: str, row: Row | None, seen: Expiry, about: str, hint: str) -> None:
        kept = self._keep(subject, row, seen)
        at = threshold(seen.at - self.now()) if seen.at else None
        if seen.at is None or at is None or (kept.warned is not None and kept.warned <= at):
            return
        verb = "ended" if seen.at <= self.now() else "ends"
        message = f"{about} {verb} on {seen.at:%Y-%m-%d %H:%M} UTC."
        log.warning("credential expiring", extra={"subject": subject, "at": seen.at.isoformat()})
        # Told before it is remembered: a process that dies between the two tells it twice, never not at all.
        self.alerts.send(ALERT, subject, message, hint=hint, severity=urgency(at))
        self._keep(subject, self._row(subject), replace(seen, warned=at))

    def _keep(self, subject: str, row: Row | None, seen: Expiry) -> Expiry:
        """Write what was seen; what was told of the same end of the same secret stays."""
        known = _expiry(row) if row else None
        same = known is not None and (known.secret, known.at) == (seen.secret, seen.at)
        wanted = replace(seen, warned=known.warned) if known and same and seen.warned is None else seen
        if wanted == known or (known is None and wanted.at is None):
            return wanted
        values: dict[str, Value] = {
            "schema": _SCHEMA,
            "secret": wanted.secret,
            "at": wanted.at.isoformat() if wanted.at else "",
            "warned": -1 if wanted.warned is None else wanted.warned,
        }
        self._write(tables.replace(subject, values, row.etag) if row else tables.create(subject, values))
        return wanted

    def _write(self, operation: tables.Operation) -> None:
        with suppress(RowChangedError):  # whoever changed it has seen the same vault; the next watch looks again
            self.table.write(_PARTITION, operation)

    def _row(self, subject: str) -> Row | None:
        return self.table.get(_PARTITION, subject)

    def _rows(self) -> Iterator[Row]:
        return self.table.all(partition=_PARTITION)


def _own(connection: Connection) -> str:
    """Return the secret that a connection signs in with; empty for none, and for a managed token's."""
    return connection.secret if connection.secret in connection.own_secrets else ""


def _words(connection: Connection) -> tuple[str, str]:
    what = connection.details.get("proof", connection.credential)
    words, hint = _WORDS.get(what, ("credential", ""))
    return words, hint.replace("{name}", connection.name)


def _expiry(row: Row) -> Expiry:
    at, warned = str(row.values["at"]), int(str(row.values["warned"]))
    return Expiry(
        str(row.values["secret"]),
        datetime.fromisoformat(at) if at else None,
        None if warned < 0 else warned,
    )

"""Secrets of one Key Vault. Values live here and in memory only: nothing below puts one into a message."""

import secrets as random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError

from shared.errors import ConfigurationError, ConflictError, NotFoundError, TransientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.core.credentials import TokenCredential
    from azure.keyvault.secrets import SecretClient, SecretProperties

_LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a secret; `value` is empty where versions are listed. `expires` is its attribute `exp`."""

    id: str
    tags: Mapping[str, str]
    enabled: bool = True
    value: str = field(default="", repr=False)
    expires: datetime | None = None


class Vault:
    """One Key Vault. Raises `TransientError` when it does not answer, `ConfigurationError` when it refuses us."""

    def __init__(self, url: str, credential: "Callable[[], TokenCredential]") -> None:
        self._url = url
        self._credential = credential
        self._lock = threading.Lock()
        self._client: SecretClient | None = None

    def get(self, name: str) -> str:
        """Return the newest version of a secret. Raises `NotFoundError` when there is none, or it is disabled."""
        found = self.newest(name)
        if found is None:
            message = f"Key Vault holds no secret {name} that may be read."
            raise NotFoundError(message, hint="Give the credential again.")
        return found.value

    def newest(self, name: str) -> Version | None:
        """Return the newest version of a secret with its value, or None when there is none that may be read."""
        return self.version(name, "")

    def version(self, name: str, version: str) -> Version | None:
        """Return one version of a secret with its value, or None when there is none, or it is disabled."""
        try:
            found = self._open().get_secret(name, version or None)
        except ResourceNotFoundError:
            return None
        except AzureError as error:
            if _is_disabled(error):
                return None
            raise _translated(error, f"read the secret {name}") from error
        return _version(found.properties, found.value or "")

    def disable(self, name: str, version: str) -> None:
        """Let nobody read a version any more; one that is not there needs nothing."""
        try:
            self._open().update_secret_properties(name, version, enabled=False)
        except ResourceNotFoundError:
            return
        except AzureError as error:
            raise _translated(error, f"disable a version of the secret {name}") from error

    def versions(self, name: str) -> list[Version]:
        """Return all versions of a secret, in no order and without their values."""
        try:
            return [_version(found) for found in self._open().list_properties_of_secret_versions(name)]
        except ResourceNotFoundError:
            return []
        except AzureError as error:
            raise _translated(error, f"list the versions of the secret {name}") from error

    def ends(self) -> dict[str, datetime | None]:
        """Return for each secret by its name when its newest version expires, None where that is not said."""
        try:
            return {found.name or "": found.expires_on for found in self._open().list_properties_of_secrets()}
        except AzureError as error:
            raise _translated(error, "list its secrets") from error

    def set(
        self, name: str, value: str, *, tags: Mapping[str, str] | None = None, expires: datetime | None = None
    ) -> str:
        """Store a new version of a secret; returns its id. Raises `ConflictError` (409) for a deleted one's name."""
        try:
            made = self._open().set_secret(name, value, tags=dict(tags or {}), expires_on=expires)
        except AzureError as error:
            raise _translated(error, f"store the secret {name}") from error
        return made.properties.version or ""

    def delete(self, name: str) -> None:
        """Delete a secret; one that is not there already is deleted."""
        try:
            self._open().begin_delete_secret(name)
        except ResourceNotFoundError:
            return
        except AzureError as error:
            raise _translated(error, f"delete the secret {name}") from error

    def _open(self) -> "SecretClient":
        from azure.keyvault.secrets import SecretClient  # noqa: PLC0415  200 ms that a hook does not need

        with self._lock:
            if self._client is None:
                self._client = SecretClient(
                    self._url,
                    self._credential(),
                    # A vault on this machine cannot carry the name that Azure's challenge is checked against.
                    verify_challenge_resource=urlsplit(self._url).hostname not in _LOOPBACK,
                    retry_total=3,
                )
            return self._client


def new_name(prefix: str) -> str:
    """Return a secret name that was never used: Key Vault keeps the names of deleted secrets.

    https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview
    """
    return f"{prefix}-{random.token_hex(6)}"


def _version(found: "SecretProperties", value: str = "") -> Version:
    return Version(found.version or "", found.tags or {}, bool(found.enabled), value, found.expires_on)


def _is_disabled(error: AzureError) -> bool:
    details = error.error if isinstance(error, HttpResponseError) else None
    inner = getattr(details, "innererror", None) or {}
    return inner.get("code") == "SecretDisabled"


def _translated(error: AzureError, doing: str) -> Exception:
    if isinstance(error, HttpResponseError) and error.status_code == HTTPStatus.CONFLICT:
        return ConflictError(
            f"Key Vault cannot {doing}: it keeps a deleted one of that name.",
            hint="Choose another name, or recover or purge the deleted secret.",
            status=409,
        )
    if isinstance(error, HttpResponseError) and error.status_code in (401, 403):
        return ConfigurationError(
            [f"Key Vault does not let this app {doing}: grant its identity Key Vault Secrets Officer"]
        )
    return TransientError(f"Key Vault did not answer when asked to {doing}.")

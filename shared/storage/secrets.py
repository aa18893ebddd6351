"""Secrets of one Key Vault. Values live here and in memory only: nothing below puts one into a message."""

import secrets as random
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError

from shared.errors import ConfigurationError, NotFoundError, TransientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.core.credentials import TokenCredential
    from azure.keyvault.secrets import SecretClient

_LOOPBACK = ("127.0.0.1", "localhost")


class Vault:
    """One Key Vault. Raises `TransientError` when it does not answer, `ConfigurationError` when it refuses us."""

    def __init__(self, url: str, credential: "Callable[[], TokenCredential]") -> None:
        self._url = url
        self._credential = credential
        self._lock = threading.Lock()
        self._client: SecretClient | None = None

    def get(self, name: str) -> str:
        """Return the newest version of a secret. Raises `NotFoundError` when there is none."""
        try:
            return self._open().get_secret(name).value or ""
        except ResourceNotFoundError as error:
            raise NotFoundError(f"Key Vault holds no secret {name}.", hint="Give the credential again.") from error
        except AzureError as error:
            raise _translated(error, f"read the secret {name}") from error

    def set(self, name: str, value: str) -> None:
        """Store a new version of a secret."""
        try:
            self._open().set_secret(name, value)
        except AzureError as error:
            raise _translated(error, f"store the secret {name}") from error

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


def _translated(error: AzureError, doing: str) -> Exception:
    if isinstance(error, HttpResponseError) and error.status_code in (401, 403):
        return ConfigurationError(
            [f"Key Vault does not let this app {doing}: grant its identity Key Vault Secrets Officer"]
        )
    return TransientError(f"Key Vault did not answer when asked to {doing}.")

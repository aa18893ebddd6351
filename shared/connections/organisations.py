"""Opens the organisation of a connection, signed in with the connection's credential."""

import threading
from base64 import b64encode
from typing import TYPE_CHECKING

from shared.azure_devops.organisation import Organisation, new_session
from shared.connections.models import Connection
from shared.errors import CredentialError, NotFoundError
from shared.storage.secrets import Vault

if TYPE_CHECKING:
    import requests


class Organisations:
    """One session per process; credentials are read from Key Vault once and again when they are refused."""

    def __init__(self, vault: Vault, *, seconds: float) -> None:
        self._vault = vault
        self._seconds = seconds
        self._lock = threading.Lock()
        self._session: requests.Session | None = None
        self._headers: dict[str, str] = {}

    def of(self, connection: Connection) -> Organisation:
        """Return the organisation as the connection's identity."""

        def authorization(renew: bool) -> str:
            return self._authorization(connection.secret, renew=renew)

        return Organisation(connection.url, self._open(), authorization, seconds=self._seconds)

    def with_token(self, url: str, token: str) -> Organisation:
        """Return an organisation as a personal access token that is not stored (yet)."""
        header = basic(token)
        return Organisation(url, self._open(), lambda _: header, seconds=self._seconds)

    def _authorization(self, secret: str, *, renew: bool) -> str:
        if renew or secret not in self._headers:
            self._headers[secret] = basic(self._read(secret))
        return self._headers[secret]

    def _read(self, secret: str) -> str:
        try:
            return self._vault.get(secret)
        except NotFoundError as error:
            raise CredentialError(
                "The connection's credential is not in Key Vault any more.",
                hint="Give the connection a new one.",
            ) from error

    def _open(self) -> "requests.Session":
        with self._lock:
            if self._session is None:
                self._session = new_session()
            return self._session


def basic(token: str) -> str:
    """A personal access token travels as the password of an empty user name.

    https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate
    """
    return f"Basic {b64encode(f':{token}'.encode()).decode()}"

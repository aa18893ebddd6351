"""Opens the organisation of a connection, signed in with the connection's credential."""

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.azure_devops.organisation import Organisation, new_session
from shared.connections.credentials.choosing import TokenRefused, credential_for
from shared.connections.credentials.credential import Account, Credential, Secret
from shared.connections.credentials.entra import Entra
from shared.connections.credentials.signed_in_user import ends_unused
from shared.connections.models import Connection
from shared.errors import CredentialError, NotFoundError

if TYPE_CHECKING:
    import requests

    from shared.storage.secrets import Vault


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A secret of Key Vault; its newest version counts."""

    vault: "Vault"
    connection: Connection

    def read(self) -> str:
        """Return it. Raises `CredentialError` when there is none."""
        if self.connection.needs_sign_in:
            raise CredentialError(
                "Nobody has signed in for this connection yet.",
                hint=f"Sign in: POST /api/connections/{self.connection.name}/sign-in.",
            )
        try:
            return self.vault.get(self.connection.secret)
        except NotFoundError as error:
            raise CredentialError(
                "The connection's credential is not in Key Vault any more, or disabled there.",
                hint="Give the connection a new one.",
            ) from error

    def replace(self, text: str) -> None:
        """Store a new version: only a refresh token is ever replaced."""
        self.vault.set(self.connection.secret, text, expires=ends_unused())


@dataclass(slots=True)
class GivenSecret:
    """A secret that is not stored yet."""

    text: str = field(repr=False)

    def read(self) -> str:
        """Return it."""
        return self.text

    def replace(self, text: str) -> None:
        """Take a newer one instead."""
        self.text = text


class SigningIn:
    """Opens organisations as whoever a credential belongs to: one session per process serves them all."""

    def __init__(self, entra: Entra, *, seconds: float, refused_for: float, token_refused: TokenRefused) -> None:
        self._entra = entra
        self._seconds = seconds
        self._refused_for = refused_for
        self._token_refused = token_refused
        self._lock = threading.Lock()
        self._session: requests.Session | None = None

    def signed_in(self, url: str, credential: Credential) -> Organisation:
        """Return an organisation as whoever a credential belongs to."""
        return Organisation(url, self._open(), credential.authorization, seconds=self._seconds)

    def new_credential(self, account: Account, secret: Secret) -> Credential:
        """Return a credential that nobody else uses."""
        return credential_for(
            account, secret, self._entra, refused_for=self._refused_for, token_refused=self._token_refused
        )

    def _open(self) -> "requests.Session":
        with self._lock:
            if self._session is None:
                self._session = new_session()
            return self._session


class Organisations(SigningIn):
    """Those of connections: one credential per connection, so that its access token serves all threads."""

    def __init__(
        self, vault: "Vault", entra: Entra, *, seconds: float, refused_for: float, token_refused: TokenRefused
    ) -> None:
        super().__init__(entra, seconds=seconds, refused_for=refused_for, token_refused=token_refused)
        self._vault = vault
        self._credentials: dict[str, tuple[Connection, Credential]] = {}

    def of(self, connection: Connection) -> Organisation:
        """Return the organisation as the connection's identity."""
        return self.signed_in(connection.url, self.credential(connection))

    def credential(self, connection: Connection) -> Credential:
        """Return a connection's credential: the same one until the connection is saved again.

        Saving is how an administrator says that something was mended, even where nothing of ours changed.
        """
        with self._lock:
            known = self._credentials.get(connection.name)
            if known and known[0] == connection:
                return known[1]
            made = self.new_credential(connection.account, StoredSecret(self._vault, connection))
            self._credentials[connection.name] = (connection, made)
            return made

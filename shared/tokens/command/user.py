"""The user whom the environment names, signed in."""

import json
from dataclasses import dataclass
from typing import Protocol

from shared.azure_devops.organisation import Organisation
from shared.connections.credentials.credential import Secret
from shared.connections.credentials.entra import Entra
from shared.connections.credentials.signed_in_user import stored_form
from shared.connections.defaults import Defaults
from shared.connections.models import Connection
from shared.connections.organisations import GivenSecret, SigningIn
from shared.errors import CredentialError
from shared.once import once
from shared.tokens.command.environment import Environment
from shared.tokens.proving import Proving

_SECONDS = 60.0
"""The longest that Entra may take for one request: here nobody waits behind it."""


class Text(Protocol):
    """Where a text is kept."""

    def read(self) -> str | None:
        """Return it, None where there is none."""

    def write(self, value: str) -> None:
        """Replace it."""


@dataclass(frozen=True, slots=True)
class KeptRefreshToken:
    """A refresh token that is renewed at each use, where `sign-in` put it."""

    kept: Text

    def read(self) -> str:
        """Return it. Raises `CredentialError` when nobody has signed in."""
        found = self.kept.read()
        if not found:
            raise CredentialError("Nobody has signed in yet.", hint="Sign in: python -m shared.tokens sign-in …")
        return stored_form(found)

    def replace(self, text: str) -> None:
        """Put a newer one in its place."""
        self.kept.write(json.loads(text)["refresh_token"])


class User:
    """Opens the API of the user's tokens, signed in once."""

    def __init__(self, environment: Environment, signing_in: SigningIn, secret: Secret) -> None:
        self.signing_in = signing_in
        self._environment = environment
        self._secret = secret

    def open(self, name: str = "") -> Organisation:
        """Return the API of the user's tokens; there is one user only, whatever the `name`."""
        del name
        return self._organisation

    @once
    def _organisation(self) -> Organisation:
        given = self._environment
        credential = self.signing_in.new_credential(given.account, self._secret)
        return self.signing_in.signed_in(f"{given.tokens_url}/{given.organisation}", credential)


def user(environment: Environment, kept: Text | None) -> User:
    """Return the user; `kept` is where a refresh token is kept that the environment does not have itself."""
    given = environment.given
    if environment.account.kind == "signed_in_user":
        secret: Secret = KeptRefreshToken(kept) if kept else GivenSecret(stored_form(given))
    else:
        secret = GivenSecret(given)
    return User(environment, opened(environment), secret)


def opened(environment: Environment) -> SigningIn:
    """Return what signs in to the environment's organisation, whoever it is."""
    times = environment.times
    return SigningIn(entra(environment), seconds=times.request, refused_for=times.retry, token_refused=lambda _: None)


def entra(environment: Environment) -> Entra:
    """Return the authority that signs in."""
    return Entra(environment.azure.entra_url, seconds=_SECONDS)


def place_of(environment: Environment) -> Connection:
    """Return the organisation as a connection, for what goes by connections."""
    kind, url = environment.account.kind, environment.url
    return Connection(environment.organisation, url, kind, secret="", identity="", defaults=Defaults())


def proving(environment: Environment, owner: User) -> Proving:
    """Return what proves a new token: that the organisation accepts it, for who reads the place is not known here."""
    return Proving(owner.signing_in, lambda *_: frozenset(), environment.times.proved_within)

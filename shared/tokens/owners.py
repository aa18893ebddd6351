"""Who may manage personal access tokens: a user whom a connection signs in, and nobody else.

https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.azure_devops.organisation import Organisation
from shared.azure_devops.token_errors import ONLY_A_USER
from shared.connections.addresses import organisation_name
from shared.connections.models import Connection
from shared.connections.organisations import Organisations
from shared.errors import CredentialError

if TYPE_CHECKING:
    from shared.connections.store import ConnectionStore

_USERS = ("user_password", "signed_in_user")


@dataclass(frozen=True, slots=True)
class Owners:
    """Opens the API of tokens; `url` is where all organisations have it, such as https://vssps.dev.azure.com."""

    connections: "ConnectionStore"
    organisations: Organisations
    url: str

    def open(self, name: str) -> Organisation:
        """Return the API of the tokens of a connection's user.

        Raises `NotFoundError` for no such connection, and `CredentialError` before any call where it signs in nobody
        who may have tokens.
        """
        return self.of(self.connections.get(name))

    def of(self, connection: Connection) -> Organisation:
        """Return the API of the tokens of a connection's user. Raises `CredentialError` where there is none."""
        if connection.credential not in _USERS:
            hint = (
                f"{connection.name} is a connection of kind {connection.credential}: name one of {' or '.join(_USERS)}."
            )
            raise CredentialError(ONLY_A_USER, hint=hint)
        url = f"{self.url}/{organisation_name(connection.url)}"
        return self.organisations.signed_in(url, self.organisations.credential(connection))

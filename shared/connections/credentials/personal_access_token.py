"""A personal access token: long-lived, stored in Key Vault, read again when it is refused."""

from base64 import b64encode
from dataclasses import dataclass, field

from shared.connections.credentials.credential import Secret


@dataclass(slots=True)
class StoredToken:
    """A credential that is the secret itself. A rotated one is picked up at the first refusal of the old."""

    secret: Secret
    _header: str = field(default="", repr=False)

    def authorization(self, renew: bool) -> str:
        """Return the header; `renew` reads the secret again."""
        if renew or not self._header:
            self._header = basic(self.secret.read())
        return self._header


def basic(token: str) -> str:
    """A personal access token travels as the password of an empty user name.

    https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate
    """
    return f"Basic {b64encode(f':{token}'.encode()).decode()}"

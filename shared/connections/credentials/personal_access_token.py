"""A personal access token: long-lived, stored in Key Vault, read again when it is refused."""

import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.connections.credentials.credential import Secret

_TELL_EVERY = 60.0
"""Seconds. Whoever is told looks for itself: all threads of a process say the same."""


def _nobody() -> None:
    """There is nobody who could mend it."""


@dataclass(slots=True)
class StoredToken:
    """A credential that is the secret itself. A rotated one is picked up at the first refusal of the old.

    `refused` is told when the secret as it is now is not accepted either, or was replaced in this very moment.
    """

    secret: Secret
    refused: Callable[[], None] = _nobody
    _header: str = field(default="", repr=False)
    _told_at: float = field(default=float("-inf"), repr=False)

    def authorization(self, renew: bool) -> str:
        """Return the header; `renew` reads the secret again."""
        if renew or not self._header:
            before, self._header = self._header, basic(self.secret.read())
            if self._header == before:
                self._tell()
        return self._header

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._told_at >= _TELL_EVERY:
            self._told_at = now
            self.refused()


def basic(token: str) -> str:
    """A personal access token travels as the password of an empty user name.

    https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate
    """
    return f"Basic {b64encode(f':{token}'.encode()).decode()}"

"""Proves that a token opens its organisation."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from shared.azure_devops.projects import who_am_i
from shared.connections.credentials.personal_access_token import StoredToken
from shared.connections.models import Connection
from shared.connections.organisations import GivenSecret, Organisations
from shared.errors import CredentialError, NotFoundError, RefusedError, TransientError

_APART = 0.05
"""Of the time that a new token gets: how long until it is tried again."""


@dataclass(frozen=True, slots=True)
class Proving:
    """Asks Azure DevOps as whom it knows a token, which any scope allows.

    `within` is how many seconds a new token may take until it is accepted.
    """

    organisations: Organisations
    within: float
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def works(self, connection: Connection, value: str) -> bool:
        """Return whether a token is accepted. Raises `TransientError` when that cannot be told."""
        credential = StoredToken(GivenSecret(value))
        try:
            self.organisations.signed_in(connection.url, credential).do(who_am_i())
        except CredentialError:
            return False
        except (RefusedError, NotFoundError):  # accepted, but not for this call
            return True
        return True

    def becomes_live(self, connection: Connection, value: str) -> bool:
        """Return whether a new token is accepted in time; what cannot be told in all that time counts as not."""
        end = self.monotonic() + self.within
        while not self._try(connection, value):
            if self.monotonic() > end:
                return False
            self.sleep(self.within * _APART)
        return True

    def _try(self, connection: Connection, value: str) -> bool:
        try:
            return self.works(connection, value)
        except TransientError:
            return False

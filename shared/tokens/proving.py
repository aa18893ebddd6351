"""Proves that a token opens its organisation, and does for those who sign in with it what its forerunner did."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.azure_devops.organisation import Organisation
from shared.azure_devops.projects import who_am_i
from shared.connections.credentials.personal_access_token import StoredToken
from shared.connections.models import Connection
from shared.connections.organisations import GivenSecret, SigningIn
from shared.errors import CredentialError, NotFoundError, RefusedError, TransientError

_APART = 0.05
"""Of the time that a new token gets: how long until it is tried again."""

type Lacking = Callable[[Connection, Organisation], frozenset[str]]
"""Says by name what whoever is signed in to an organisation may not do of what a connection is for."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a new token must do: open `organisation`, and serve each of `users` but for what `may_lack` has of them."""

    organisation: Connection
    users: Sequence[Connection] = ()
    may_lack: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Proving:
    """Asks Azure DevOps as whom it knows a token, which any scope allows, and for what its users need.

    `within` is how many seconds a new token may take until it is accepted.
    """

    organisations: SigningIn
    lacking: Lacking
    within: float
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def works(self, connection: Connection, value: str) -> bool:
        """Return whether a token is accepted. Raises `TransientError` when that cannot be told."""
        try:
            self._signed_in(connection, value).do(who_am_i())
        except CredentialError:
            return False
        except (RefusedError, NotFoundError):  # accepted, but not for this call
            return True
        return True

    def lacks(self, users: Sequence[Connection], value: str) -> frozenset[str]:
        """Return what a token may not do of what its users are for, such as "contoso: work_items_read"."""
        return frozenset(
            f"{user.name}: {right}" for user in users for right in self.lacking(user, self._signed_in(user, value))
        )

    def objection(self, demand: Demand, value: str) -> str:
        """Return what speaks against a new token after all the time that it has; empty for one that will do.

        What cannot be told in all that time speaks against it.
        """
        end = self.monotonic() + self.within
        while objection := self._objection(demand, value):
            if self.monotonic() > end:
                return objection
            self.sleep(self.within * _APART)
        return ""

    def _objection(self, demand: Demand, value: str) -> str:
        try:
            if not self.works(demand.organisation, value):
                return "it is not accepted"
        except TransientError as error:
            return error.message
        missing = self.lacks(demand.users, value) - demand.may_lack
        return f"it may not do what the one before it may ({', '.join(sorted(missing))})" if missing else ""

    def _signed_in(self, connection: Connection, value: str) -> Organisation:
        return self.organisations.signed_in(connection.url, StoredToken(GivenSecret(value)))

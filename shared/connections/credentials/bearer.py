"""An access token that is kept in memory until shortly before it ends, and asked for by one thread at a time."""

import logging
import threading
import time
from collections.abc import Callable

from shared.connections.credentials.credential import AccessToken
from shared.errors import CredentialError

log = logging.getLogger(__name__)
_EARLY = 300.0
"""Renewed so many seconds before the end: a request that starts with a token must end with it."""
_EARLY_SHARE = 0.1


class Bearer:
    """A credential whose tokens `obtain` gets.

    A refusal is remembered for `refused_for` seconds: all lanes of a connection would ask at once, and Entra locks
    accounts at which wrong passwords are tried too often.
    https://learn.microsoft.com/entra/identity/authentication/howto-password-smart-lockout
    """

    def __init__(self, obtain: Callable[[], AccessToken], *, refused_for: float) -> None:
        self._obtain = obtain
        self._refused_for = refused_for
        self._lock = threading.Lock()
        self._header = ""
        self._fresh_until = 0.0
        self._refusal: tuple[float, str, str] | None = None
        self._given = threading.local()

    def authorization(self, renew: bool) -> str:
        """Return the header, renewed where `renew` and no other thread renewed it since this one got it."""
        with self._lock:
            refused = renew and getattr(self._given, "header", self._header) == self._header
            if refused or not self._header or time.monotonic() >= self._fresh_until:
                self._renew()
            self._given.header = self._header
            return self._header

    def _renew(self) -> None:
        self._header = ""
        if self._refusal and time.monotonic() < self._refusal[0]:
            raise CredentialError(self._refusal[1], hint=self._refusal[2])
        token = None
        try:
            token = self._obtain()
        except CredentialError as error:
            self._refusal = (time.monotonic() + self._refused_for, error.message, error.hint)
            raise
        except (ValueError, KeyError, TypeError):  # of what was read, which its error may quote: it goes no further
            log.warning("a credential cannot be read")
        if token is None:
            raise CredentialError(
                "The connection's credential in Key Vault does not have the form in which this app stores it.",
                hint="Give the connection a new one; the secret in Key Vault is not meant to be edited.",
            )
        self._refusal = None
        self._header = f"Bearer {token.value}"
        self._fresh_until = time.monotonic() + token.seconds - min(_EARLY, token.seconds * _EARLY_SHARE)

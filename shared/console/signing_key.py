"""The key that signs the console's cookies: a secret of Key Vault that the app makes itself.

It is not derived from the key of service hooks, which the edge has as well: whoever breaks into that must not be able
to sign a way into the core. A new version of the secret ends all sessions.
"""

import secrets
import threading
import time
from collections.abc import Callable

from shared.storage.secrets import Vault

NAME = "console-key"
_KNOWN_FOR = 60.0
"""Seconds. Two processes may each make one at the same moment: after that, both go by the newest."""
_BYTES = 48


class SigningKey:
    """Reads it, and makes it at the first use of all."""

    def __init__(self, vault: Vault, clock: Callable[[], float] = time.monotonic) -> None:
        self._vault = vault
        self._clock = clock
        self._lock = threading.Lock()
        self._known = ""
        self._read_at = float("-inf")

    def __call__(self) -> str:
        """Return the key. Raises `TransientError` and `ConfigurationError` where Key Vault cannot be asked."""
        with self._lock:
            if self._clock() - self._read_at >= _KNOWN_FOR:
                self._known = self._read()
                self._read_at = self._clock()
            return self._known

    def _read(self) -> str:
        found = self._vault.newest(NAME)
        if found is None:
            self._vault.set(NAME, secrets.token_urlsafe(_BYTES))
            return self._vault.get(NAME)
        return found.value

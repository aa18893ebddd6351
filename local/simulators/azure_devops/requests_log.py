"""What the simulator was asked, newest last, without credentials and bodies."""

import threading
from collections import deque
from typing import Any

_KEPT = 20_000


class RequestsLog:
    """A bounded list that any thread may add to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[dict[str, Any]] = deque(maxlen=_KEPT)

    def add(self, entry: dict[str, Any]) -> None:
        """Remember one request."""
        with self._lock:
            self._entries.append(entry)

    def all(self) -> list[dict[str, Any]]:
        """Return what is remembered, oldest first."""
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()

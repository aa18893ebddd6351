"""Leaves room for the others: a connection that floods a process works on fewer lanes while others have work, too.

A few tickets of a connection are spread over all of its lanes and done in a moment; that is never limited. One that
has been at work without a break is: its lanes end after the round that they are in and come back later, so that the
process has threads, and time, for everybody else. Each process counts for itself.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_WITHOUT_A_BREAK = 5.0
_LANES = 2
"""Of a connection that floods, at once."""


class Turns:
    """Which connections this process works for, and since when."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._at_work: Counter[str] = Counter()
        self._since: dict[str, float] = {}

    @contextmanager
    def of(self, connection: str) -> Iterator[bool]:
        """Count a lane of a connection as at work; yields whether it may be."""
        with self._lock:
            self._at_work[connection] += 1
            self._since.setdefault(connection, self._clock())
        try:
            yield self.may_go_on(connection)
        finally:
            with self._lock:
                self._at_work[connection] -= 1
                if not self._at_work[connection]:
                    del self._at_work[connection], self._since[connection]

    def may_go_on(self, connection: str) -> bool:
        """Whether a lane that is at work may begin another round."""
        with self._lock:
            if self._at_work[connection] <= _LANES or len(self._at_work) == 1:
                return True
            return self._clock() - self._since[connection] < _WITHOUT_A_BREAK

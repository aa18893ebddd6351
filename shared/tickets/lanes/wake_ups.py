"""Wakes the worker of a lane with few messages.

The first wake-up of a lane goes out at once. Those of the following second are one message that is delivered at
the end of that second, by when every row that it stands for was written. A wake-up that is lost all the same
(the process died) is found by the sweep.

Each says until when what it stands for is due, by the storage service's clock: once that is done, it is of no use.
"""

import math
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from shared.storage.queues import Queue
from shared.times import Times

SCHEMA = 1
_CLOCK_STEP = 1.0
_TOGETHER = 2.0


def read_until(message: Mapping[str, Any]) -> datetime | None:
    """Return until when what a wake-up stands for is due; None for one of a version that did not say."""
    until = message.get("until")
    return datetime.fromtimestamp(until, UTC) if isinstance(until, int | float) else None


class WakeUps:
    """Sends wake-ups to the queue `ticket-work`, at most two per lane and second from this process."""

    def __init__(self, queue: Queue, times: Times, clock: Callable[[], float] = time.monotonic) -> None:
        self._queue = queue
        self._spacing = times.wake_up_spacing
        self._clock = clock
        self._lock = threading.Lock()
        self._covered_until: dict[tuple[str, int], float] = {}
        self._sent_at: dict[tuple[str, int], float] = {}
        self._planned: set[tuple[str, int, float]] = set()

    def send(self, connection: str, lane: int) -> None:
        """Wake a lane whose pending rows were just written."""
        delay = self._claim((connection, lane))
        if delay is not None:
            self._put(connection, lane, delay)

    def send_later(self, connection: str, lane: int, delay: float) -> None:
        """Wake a lane after `delay` seconds, or a little later together with others: a thousand delays of one lane
        are a few messages. The storage service's clock is known to a second, so one is added."""
        now = self._clock()
        at = math.ceil((now + delay + _CLOCK_STEP) / _TOGETHER) * _TOGETHER
        with self._lock:
            self._planned = {planned for planned in self._planned if planned[2] > now}
            if (connection, lane, at) in self._planned:
                return
            self._planned.add((connection, lane, at))
        self._put(connection, lane, at - now)

    def _claim(self, lane: tuple[str, int]) -> float | None:
        """Return the delay of the message to send, or None if one that is on its way covers this call."""
        now = self._clock()
        with self._lock:
            if now < self._covered_until.get(lane, 0.0):
                return None
            if now - self._sent_at.get(lane, float("-inf")) >= self._spacing:
                self._sent_at[lane] = now
                return 0.0
            self._covered_until[lane] = self._sent_at[lane] = now + self._spacing
            return self._spacing

    def _put(self, connection: str, lane: int, delay: float) -> None:
        try:
            until = self._queue.clock.now().timestamp() + delay
            message = {"schema": SCHEMA, "connection": connection, "lane": lane, "until": until}
            self._queue.send(message, delay=delay)
        except BaseException:
            self._forget()  # it covers nobody: whoever comes next must send one
            raise

    def _forget(self) -> None:
        with self._lock:
            self._covered_until.clear()
            self._sent_at.clear()
            self._planned.clear()

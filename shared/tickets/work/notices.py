"""Alerts about what is not as a link asks for and stops nothing: each once in a while, not for every ticket."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.alerts import Alerts
from shared.errors import TransientError

log = logging.getLogger(__name__)
_MOST = 1_000


@dataclass(slots=True)
class Notices:
    """Remembers what was told for `seconds`."""

    alerts: Alerts
    seconds: float
    clock: Callable[[], float] = time.monotonic
    _told: dict[tuple[str, ...], float] = field(default_factory=dict)

    def tell(self, kind: str, subject: str, message: str, *, hint: str) -> None:
        """Send an alert unless the same one was sent a short while ago."""
        key, now = (kind, subject, message), self.clock()
        if self._told.get(key, 0.0) > now:
            return
        if len(self._told) >= _MOST:
            self._told.clear()
        try:
            self.alerts.send(kind, subject, message, hint=hint)
        except TransientError:  # what was done is to be recorded all the same; the next ticket tries again
            log.warning("alert not sent", extra={"subject": subject, "why": message})
        else:
            self._told[key] = now + self.seconds

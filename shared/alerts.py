"""Alerts: what a person should know of before a user notices, as messages on the queue `alerts`."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from shared.storage.queues import Queue

log = logging.getLogger(__name__)
SCHEMA = 1
QUEUE = "alerts"

type Urgency = Literal["info", "warning", "error"]
WARNED_AT = (0, 1, 3, 7, 14)
"""Days before something ends at which a person hears of it."""
_URGENT = 3


def threshold(left: timedelta) -> int | None:
    """Return at which of `WARNED_AT` something is that ends in so long, 0 for what has ended; None: there is time."""
    return next((days for days in WARNED_AT if left <= timedelta(days=days)), None)


def urgency(at: int) -> Urgency:
    """Return how urgent it is at a threshold."""
    return "error" if at <= _URGENT else "warning"


@dataclass(frozen=True, slots=True)
class Alerts:
    """Tells whoever reads the queue."""

    queue: Queue

    def send(self, kind: str, subject: str, message: str, *, hint: str = "", severity: Urgency = "warning") -> None:
        """Put one alert on the queue: `kind` says what sort, `subject` which connection, ticket or message.

        Raises `TransientError` when storage did not take it. It is a line of the log as well, which Azure's alert rules
        look for: infra/alerts.bicep.
        """
        log.warning("alert %s: %s", kind, subject)
        self.queue.send(
            {
                "schema": SCHEMA,
                "kind": kind,
                "subject": subject,
                "severity": severity,
                "message": message,
                "hint": hint,
                "at": self.queue.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            }
        )

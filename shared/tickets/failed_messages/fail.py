"""Keeps a failed message and then tells of it: an alert to a person, an update message to the sender.

The row comes first and says that telling is still to be done. Whatever dies or does not answer after it, a timer
tells later: at least once. A failure to tell never costs the message.
"""

import logging
from dataclasses import dataclass
from typing import Any

from shared.alerts import Alerts
from shared.errors import NotFoundError
from shared.storage.queues import Queue
from shared.tickets.failed_messages.records import SCHEMA, FailedMessage, moment
from shared.tickets.failed_messages.store import FailedMessages
from shared.times import Times

log = logging.getLogger(__name__)
REQUESTS = "ticket-requests"
_US = "bridge"


@dataclass(frozen=True, slots=True)
class Fail:
    """The use case. Raises `TransientError` when storage does not keep the message."""

    messages: FailedMessages
    alerts: Alerts
    updates: Queue
    times: Times

    def __call__(self, failed: FailedMessage) -> None:
        """Keep one and tell of it, now or, if that fails, later."""
        self.messages.record(failed)
        self._try_to_tell(failed)

    def tell_forgotten(self) -> None:
        """Tell of those that were kept by a process that died, or while the queues did not answer."""
        for failed_id in self.messages.untold(older_than=self.times.retry):
            try:
                failed = self.messages.get(failed_id)
            except NotFoundError:  # dismissed or sent again meanwhile
                self.messages.told(failed_id)
            else:
                self._try_to_tell(failed)

    def _try_to_tell(self, failed: FailedMessage) -> None:
        try:
            self._tell(failed)
        except Exception:  # whatever it is, the message is kept, and the timer tells of it later
            log.exception("failure not told yet", extra={"failed_message": failed.id})

    def _tell(self, failed: FailedMessage) -> None:
        self.alerts.send(
            "failed_message",
            failed.id,
            f"A message on {failed.queue} failed: {failed.reason.message}",
            hint=f"{failed.reason.hint} Then POST /api/failed-messages/{failed.id}/resend, or DELETE it.".lstrip(),
            severity="error",
        )
        if failed.queue == REQUESTS:
            self.updates.send(refusal(failed))
        self.messages.told(failed.id)


def refusal(failed: FailedMessage) -> dict[str, Any]:
    """Return the update message that tells a sender that its message became no ticket."""
    reason = failed.reason
    return {
        "schema": SCHEMA,
        "ticket": None,
        "sequence": 0,
        "at": moment(failed.failed_at),
        "by": _US,
        "change": "refused",
        "previous": None,
        "current": None,
        "error": {"code": reason.code, "message": reason.message, "hint": reason.hint},
        "message": failed.message,
        "vulnerability": failed.subject.vulnerability,
        "asset": failed.subject.asset,
    }

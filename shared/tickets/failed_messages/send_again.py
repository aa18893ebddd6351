"""What an administrator does with failed messages: send them again, one or all."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from shared.storage.raw_queues import RawQueue
from shared.tickets.failed_messages.records import FailedMessage
from shared.tickets.failed_messages.resends import Resends
from shared.tickets.failed_messages.store import FailedMessages

MOST_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class SendAgain:
    """The use cases. `queue` opens a queue by its name."""

    messages: FailedMessages
    resends: Resends
    queue: Callable[[str], RawQueue]

    def one(self, failed_id: str) -> FailedMessage:
        """Put a failed message back on its queue, unchanged, and forget that it failed. Raises `NotFoundError`."""
        failed = self.messages.get(failed_id)
        self._send(failed)
        return failed

    def all(self, queue: str = "") -> tuple[int, bool]:
        """Send all again (of one queue), the earliest first, and return how many, and whether there may be more."""
        found = [failed for failed in self.messages.newest_first() if queue in ("", failed.queue)]
        chosen = list(islice(reversed(found), MOST_AT_ONCE))
        for failed in chosen:
            self._send(failed)
        return len(chosen), len(found) > len(chosen)

    def _send(self, failed: FailedMessage) -> None:
        """In this order: a process that dies in between leaves the message to be sent twice, never not at all."""
        self.resends.forget(failed.queue, failed.payload)
        self.queue(failed.queue).send(failed.payload)
        self.messages.remove(failed.id)

"""A message that we have taken from a queue: ours for a while, by its pop receipt.

https://learn.microsoft.com/rest/api/storageservices/update-message
"""

import asyncio
import logging
from collections.abc import Callable
from math import ceil

from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.queue import QueueClient, QueueMessage

from local.host.accounts import Accounts
from local.host.pauses import pause

_log = logging.getLogger("host")
# The queue counts whole seconds, and half of it must leave time for the renewal.
_SHORTEST = 2
_AZURE = 600.0
_GONE = (400, 404)


def lease_seconds(time_scale: float) -> int:
    """Return for how long messages are taken: 10 minutes as in Azure, times TIME_SCALE."""
    return max(_SHORTEST, ceil(_AZURE * time_scale))


class Lease:
    """The right to finish one message. Somebody else has it once it has expired."""

    def __init__(self, accounts: Accounts, queue: QueueClient, message: QueueMessage, seconds: int) -> None:
        self._accounts = accounts
        self._queue = queue
        self._id = message.id
        self._receipt = message.pop_receipt
        self._seconds = seconds

    async def keep(self, done: asyncio.Event) -> None:
        """Renew when half of the lease has passed, until `done` is set or the message is no longer ours."""
        while True:
            await pause(done, self._seconds / 2)
            if done.is_set():
                return
            try:
                await self._accounts.renew(lambda: self._update(self._seconds))
            except HttpResponseError as error:
                _log.warning("message %s of %s could not be kept: %s", self._id, self._queue.queue_name, error.reason)
                if error.status_code in _GONE:
                    return
            except AzureError as error:
                _log.warning("message %s of %s could not be kept: %s", self._id, self._queue.queue_name, error)

    async def delete(self) -> None:
        """Take the message out of the queue; one that is no longer ours is left to its new owner."""
        await self._finish(lambda: self._queue.delete_message(self._id, self._receipt))

    async def release(self, seconds: float) -> None:
        """Give the message back: it is visible again after `seconds`."""
        await self._finish(lambda: self._update(ceil(seconds)))

    async def _finish(self, blocking: Callable[[], None]) -> None:
        try:
            await self._accounts.call(blocking)
        except HttpResponseError as error:
            # PopReceiptMismatch or MessageNotFound: it was delivered again meanwhile (at least once).
            if error.status_code not in _GONE:
                raise

    def _update(self, seconds: int) -> None:
        self._receipt = self._queue.update_message(self._id, self._receipt, visibility_timeout=seconds).pop_receipt

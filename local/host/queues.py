"""Queue triggers: take messages, invoke, then delete, give back or move to `<queue>-poison`.

The rules are those of Azure's QueueListener and QueueProcessor:
https://github.com/Azure/azure-sdk-for-net/tree/main/sdk/storage/Microsoft.Azure.WebJobs.Extensions.Storage.Queues
"""

import asyncio
import logging
from base64 import b64decode

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueMessage

from local.host.accounts import Accounts
from local.host.bindings import Function, QueueTrigger
from local.host.host_json import QueueOptions
from local.host.invocations import Invoker
from local.host.lease import Lease
from local.host.outputs import send_creating
from local.host.pauses import pause
from local.host.queue_metadata import payload, trigger_metadata

_log = logging.getLogger("host")
_SHORTEST_POLLING_INTERVAL = 0.1
_LONGEST_NAME = 63
_POISON = "-poison"


class QueueListener:
    """Serves one function with the messages of its queue."""

    def __init__(
        self,
        function: Function,
        trigger: QueueTrigger,
        *,
        accounts: Accounts,
        invoker: Invoker,
        options: QueueOptions,
        lease_seconds: int,
    ) -> None:
        self._function = function
        self._accounts = accounts
        self._invoker = invoker
        self._options = options
        self._lease_seconds = lease_seconds
        self._queue = accounts.queue(trigger.connection, trigger.queue)
        name = poison_queue(trigger.queue)
        self._poison = accounts.queue(trigger.connection, name) if name else None
        self._in_flight: set[asyncio.Task[None]] = set()
        self._reachable = True

    async def run(self, stop: asyncio.Event) -> None:
        """Take messages until `stop` is set, then wait for those in flight."""
        interval = _SHORTEST_POLLING_INTERVAL
        while not stop.is_set():
            messages = await self._receive()
            for message in messages:
                task = asyncio.create_task(self._process(message))
                self._in_flight.add(task)
                task.add_done_callback(self._in_flight.discard)
            if messages:
                interval = _SHORTEST_POLLING_INTERVAL
                await self._until_at_most(self._options.new_batch_threshold)
            else:
                await pause(stop, interval)
                interval = min(interval * 2, self._options.max_polling_interval)
        await self._until_at_most(0)

    async def _until_at_most(self, count: int) -> None:
        while len(self._in_flight) > count:
            await asyncio.wait(self._in_flight, return_when=asyncio.FIRST_COMPLETED)

    async def _receive(self) -> list[QueueMessage]:
        try:
            messages = await self._accounts.call(self._receive_page)
        except ResourceNotFoundError:
            # No queue yet is no error: whoever sends the first message creates it.
            messages = []
        except AzureError as error:
            if self._reachable:
                _log.warning("queue %s cannot be read, trying again: %s", self._queue.queue_name, error)
            self._reachable = False
            return []
        self._reachable = True
        return messages

    def _receive_page(self) -> list[QueueMessage]:
        pages = self._queue.receive_messages(
            messages_per_page=self._options.batch_size, visibility_timeout=self._lease_seconds
        ).by_page()
        return list(next(pages, ()))

    async def _process(self, message: QueueMessage) -> None:
        lease = Lease(self._accounts, self._queue, message, self._lease_seconds)
        try:
            await self._handle(message, lease)
        except AzureError as error:
            _log.warning("message %s of %s stays in the queue: %s", message.id, self._queue.queue_name, error)

    async def _handle(self, message: QueueMessage, lease: Lease) -> None:
        count = message.dequeue_count or 0
        content = self._content(message)
        if content is None or count > self._options.max_dequeue_count:
            await self._move_to_poison(message, lease)
        elif await self._invoke(content, message, lease):
            await lease.delete()
        elif count >= self._options.max_dequeue_count:
            await self._move_to_poison(message, lease)
        else:
            await lease.release(self._options.visibility_timeout)

    def _content(self, message: QueueMessage) -> bytes | None:
        """Return what the sender meant, or None when it is not in the encoding of host.json.

        Such a message goes to the poison queue at once, as in Azure: the next time it would be no better.
        """
        try:
            return decode(message.content or "", base64=self._options.base64)
        except ValueError:
            _log.warning(
                "message %s of %s is not Base64, which host.json's messageEncoding asks for: moved to poison",
                message.id,
                self._queue.queue_name,
            )
            return None

    async def _invoke(self, content: bytes, message: QueueMessage, lease: Lease) -> bool:
        done = asyncio.Event()
        keeping = asyncio.create_task(lease.keep(done))
        try:
            outcome = await self._invoker.invoke(self._function, payload(content), trigger_metadata(message, content))
        finally:
            # Not cancelled: a renewal on its way changes the receipt that is needed next.
            done.set()
            await keeping
        return not outcome.error

    async def _move_to_poison(self, message: QueueMessage, lease: Lease) -> None:
        if self._poison is None:
            # As in Azure: it stays where it is, and comes back when the lease is over.
            return
        poison: QueueClient = self._poison
        await self._accounts.call(lambda: send_creating(poison, message.content))
        await lease.delete()
        _log.error("%s: message %s was moved to %s", self._function.name, message.id, poison.queue_name)


def poison_queue(queue: str) -> str | None:
    """Return the name of the queue for messages that cannot be processed, None when there is to be none."""
    name = queue + _POISON
    return None if queue.endswith(_POISON) or len(name) > _LONGEST_NAME else name


def decode(text: str, *, base64: bool) -> bytes:
    """Return a message's content by host.json's `messageEncoding`. Raises ValueError if it is not Base64."""
    return b64decode(text, validate=True) if base64 else text.encode()

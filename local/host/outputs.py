"""Queue outputs: what a function returns or sets becomes messages.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-output
"""

import json
from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient

from local.host.accounts import Accounts
from local.host.bindings import RETURN, Function
from local.host.messages import TypedData
from local.host.runtime import Outcome


class QueueOutputs:
    """Sends the outputs of invocations."""

    def __init__(self, accounts: Accounts, *, base64: bool) -> None:
        self._accounts = accounts
        self._base64 = base64

    async def send(self, function: Function, outcome: Outcome) -> None:
        """Send what `outcome` holds for the function's queue outputs, in order.

        Raises `AzureError` when a message could not be sent; those before it have been.
        """
        for output in function.outputs:
            value = outcome.returned if output.name == RETURN else outcome.outputs.get(output.name)
            queue = self._accounts.queue(output.connection, output.queue)
            for text in self._texts(value):
                await self._accounts.call(partial(send_creating, queue, text))

    def _texts(self, value: TypedData | None) -> Sequence[str]:
        contents = message_contents(value) if value is not None else []
        return [encode(content, base64=self._base64) for content in contents]


def message_contents(value: TypedData) -> Sequence[bytes]:
    """Return the content of each message: a JSON array is one for each item, all else is one."""
    match value.WhichOneof("data"):
        case "string":
            return [value.string.encode()]
        case "bytes":
            return [value.bytes]
        case "json":
            items = json.loads(value.json)
            if not isinstance(items, list):
                return [value.json.encode()]
            return [(item if isinstance(item, str) else json.dumps(item)).encode() for item in items]
        case _:
            return []


def encode(content: bytes, *, base64: bool) -> str:
    """Return the text that goes on the wire, by host.json's `messageEncoding`."""
    return b64encode(content).decode() if base64 else content.decode()


def send_creating(queue: QueueClient, text: str) -> None:
    """Send `text` as it is; create the queue when it is missing. Blocks. Raises `AzureError`."""
    try:
        queue.send_message(text)
    except ResourceNotFoundError:
        # Another host may be doing the same.
        with suppress(ResourceExistsError):
            queue.create_queue()
        queue.send_message(text)

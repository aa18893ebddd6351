"""Messages of Azure Queue Storage, in the encoding that the Functions host reads (Base64 of UTF-8 JSON)."""

import json
import threading
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError

from shared.errors import TransientError
from shared.storage.account import Account
from shared.telemetry import traces

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient

MAX_MESSAGE_BYTES = 48 * 1024
"""64 KiB on the wire, less what Base64 adds:
https://learn.microsoft.com/azure/storage/queues/storage-queues-introduction"""
_NEVER = -1  # the default is to drop a message after seven days


class Queue:
    """One queue, made at its first use."""

    def __init__(self, account: Account, name: str) -> None:
        self._account = account
        self._name = name
        self.clock = account.clock
        self._lock = threading.Lock()
        self._client: QueueClient | None = None

    def send(self, message: dict[str, Any], *, delay: float = 0, kept: int = _NEVER) -> None:
        """Put one message as JSON, visible after `delay` seconds (rounded up to whole ones).

        It is dropped after `kept` seconds if nobody took it, and leads whoever takes it into the current trace, if
        there is one.
        """
        if here := traces.traceparent():
            message = {**message, traces.PROPERTY: here}
        self.send_text(json.dumps(message, separators=(",", ":"), ensure_ascii=False), delay=delay, kept=kept)

    def send_text(self, text: str, *, delay: float = 0, kept: int = _NEVER) -> None:
        """Put one message as it is.

        Raises `ValueError` over 48 KiB and `TransientError` when storage did not take it.
        """
        if len(text.encode("utf-8", "surrogatepass")) > MAX_MESSAGE_BYTES:
            raise ValueError(f"a message of queue {self._name} has at most 48 KiB")
        seconds = int(-(-delay // 1))
        try:
            self._send(text, seconds, kept)
        except AzureError as error:
            raise TransientError(f"Queue {self._name} did not take a message.") from error

    def _send(self, text: str, delay: int, kept: int) -> None:
        client = self._open()
        try:
            client.send_message(text, visibility_timeout=delay, time_to_live=kept)
        except ResourceNotFoundError:
            _create(client)
            client.send_message(text, visibility_timeout=delay, time_to_live=kept)

    def _open(self) -> "QueueClient":
        from azure.storage.queue import TextBase64DecodePolicy, TextBase64EncodePolicy  # noqa: PLC0415

        with self._lock:
            if self._client is None:
                self._client = self._account.queues().get_queue_client(
                    self._name,
                    message_encode_policy=TextBase64EncodePolicy(),
                    message_decode_policy=TextBase64DecodePolicy(),
                )
            return self._client


def _create(client: "QueueClient") -> None:
    try:
        client.create_queue()
    except ResourceExistsError:
        return

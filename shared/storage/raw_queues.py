"""Messages as they are on the wire, from senders who may or may not encode them as Base64."""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceNotFoundError

from shared.errors import TransientError
from shared.storage.account import Account
from shared.storage.queues import MAX_MESSAGE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.storage.queue import QueueClient, QueueMessage

_MOST_AT_ONCE = 32
_NEVER = -1  # the default is to drop a message after seven days
_NOT_OURS = (400, 404)
"""PopReceiptMismatch and MessageNotFound: https://learn.microsoft.com/rest/api/storageservices/delete-message2"""


@dataclass(frozen=True, slots=True)
class RawMessage:
    """One message that was received: its content decoded, and what it takes to delete it."""

    id: str
    content: bytes
    sent_at: datetime
    receipt: str


class RawQueue:
    """One queue. Every method raises `TransientError` when storage does not answer."""

    def __init__(self, account: Account, name: str) -> None:
        self._account = account
        self._name = name

    def receive(self, *, hidden: float) -> list[RawMessage]:
        """Return up to 32 messages, which nobody else sees for `hidden` seconds; none where there is no queue."""

        def receive(client: "QueueClient") -> list[RawMessage]:
            pages = client.receive_messages(
                messages_per_page=_MOST_AT_ONCE, visibility_timeout=max(1, round(hidden))
            ).by_page()
            return [_received(message) for message in next(pages, ())]

        try:
            return self._ask(receive)
        except ResourceNotFoundError:
            return []

    def delete(self, message: RawMessage) -> None:
        """Delete a message; one that was received by somebody else meanwhile is left to them."""
        try:
            self._ask(lambda client: client.delete_message(message.id, message.receipt))
        except HttpResponseError as error:
            if error.status_code not in _NOT_OURS:
                raise

    def send(self, content: bytes, *, delay: float = 0) -> None:
        """Put one message, visible after `delay` seconds (rounded up to whole ones)."""
        text = encoded(content)
        seconds = int(-(-delay // 1))

        def send(client: "QueueClient") -> object:
            return client.send_message(text, visibility_timeout=seconds, time_to_live=_NEVER)

        try:
            self._ask(send)
        except ResourceNotFoundError:
            self._ask(_create)
            self._ask(send)

    def _ask[T](self, call: "Callable[[QueueClient], T]") -> T:
        try:
            return call(self._account.queues().get_queue_client(self._name))
        except (ResourceNotFoundError, ResourceExistsError):
            raise
        except HttpResponseError as error:
            if error.status_code in _NOT_OURS:
                raise
            raise TransientError(f"Queue {self._name} answered {error.status_code}.") from error
        except AzureError as error:
            raise TransientError(f"Queue {self._name} did not answer.") from error


def decoded(text: bytes) -> bytes:
    """Return what a message says, Base64 or plain; no JSON object is Base64."""
    text = text.strip()
    try:
        return b64decode(text, validate=True)
    except (NotBase64, ValueError):
        return text


def encoded(content: bytes) -> str:
    """Return what `decoded` makes `content` of. What is too long for Base64 can only have come as plain text."""
    if len(content) > MAX_MESSAGE_BYTES:
        return content.decode()
    return b64encode(content).decode()


def _received(message: "QueueMessage") -> RawMessage:
    # The SDK's types allow for None, because the same class is used for what was only peeked at.
    sent_at, receipt = cast("datetime", message.inserted_on), cast("str", message.pop_receipt)
    return RawMessage(message.id, decoded(str(message.content).encode()), sent_at, receipt)


def _create(client: "QueueClient") -> None:
    try:
        client.create_queue()
    except ResourceExistsError:
        return

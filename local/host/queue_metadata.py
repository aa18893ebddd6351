"""What a function learns of its queue message beside the content.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#message-metadata
"""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from azure.storage.queue import QueueMessage

from local.host.messages import TypedData

_SEVEN_DAYS = timedelta(days=7)


def payload(content: bytes) -> TypedData:
    """Return the content as the host hands it over: as text where it is text."""
    try:
        return TypedData(string=content.decode())
    except UnicodeDecodeError:
        return TypedData(bytes=content)


def trigger_metadata(message: QueueMessage, content: bytes) -> dict[str, TypedData]:
    """Return the metadata of a received message."""
    return {
        "QueueTrigger": payload(content),
        "Id": TypedData(string=message.id),
        "DequeueCount": _json(message.dequeue_count),
        "InsertionTime": _json(_text(message.inserted_on)),
        "ExpirationTime": _json(_text(message.expires_on)),
        "NextVisibleTime": _json(_text(message.next_visible_on)),
        "PopReceipt": TypedData(string=message.pop_receipt),
    }


def metadata_without_message(text: str) -> dict[str, TypedData]:
    """Return the metadata of a run by hand, for which no message exists."""
    now = datetime.now(UTC)
    return {
        "QueueTrigger": TypedData(string=text),
        "Id": TypedData(string=str(uuid4())),
        "DequeueCount": _json(1),
        "InsertionTime": _json(_text(now)),
        "ExpirationTime": _json(_text(now + _SEVEN_DAYS)),
        "NextVisibleTime": _json(_text(now)),
        "PopReceipt": TypedData(string=""),
    }


def _json(value: object) -> TypedData:
    return TypedData(json=json.dumps(value))


def _text(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None

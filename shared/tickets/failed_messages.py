"""Messages that can never succeed: their reason is kept where it can be found, and they go to the poison queue."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.errors import RejectedRequestError
from shared.storage import tables
from shared.storage.account import Account
from shared.storage.queues import MAX_MESSAGE_BYTES, Queue
from shared.storage.tables import Row, Table

_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class FailedMessages:
    """Keeps failed messages: PartitionKey the queue, RowKey the message's id."""

    table: Table
    account: Account

    def record(self, queue: str, message: str, body: bytes, error: RejectedRequestError) -> None:
        """Keep a message and why it failed, then put it on the queue's poison queue.

        In this order: nothing is ever on a poison queue without its reason. Done twice, it is one row.
        """
        values: dict[str, tables.Value] = {
            "schema": _SCHEMA,
            "reason": error.message,
            "hint": error.hint,
            "problems": json.dumps([{"field": p.field, "message": p.message} for p in error.problems]),
            "payload": body,
            "failed_at": self.table.clock.now(),
        }
        self.table.write(queue, tables.upsert(message, values))
        Queue(self.account, f"{queue}-poison").send_text(_text(body))

    def all(self, after: str = "") -> Iterator[dict[str, Any]]:
        """Yield the failed messages as the API shows them, in the order of their ids, those after an id."""
        return (view for view in map(_view, self.table.all()) if view["id"] > after)


def _view(row: Row) -> dict[str, Any]:
    values = row.values
    payload, failed_at = values["payload"], values["failed_at"]
    return {
        "id": f"{row.partition}.{row.key}",
        "queue": row.partition,
        "failed_at": failed_at.isoformat() if isinstance(failed_at, datetime) else "",
        "reason": values["reason"],
        "hint": values["hint"],
        "problems": json.loads(str(values["problems"])),
        "payload": _text(payload) if isinstance(payload, bytes) else "",
    }


def _text(body: bytes) -> str:
    """What is no UTF-8 has other bytes as text, perhaps more of them than a message may have."""
    return body.decode("utf-8", "replace").encode()[:MAX_MESSAGE_BYTES].decode("utf-8", "ignore")

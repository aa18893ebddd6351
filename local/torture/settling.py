"""Waits until nothing is under way any more, and lets what failed be tried again."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from azure.core.exceptions import AzureError
from azure.data.tables import TableClient

from local.torture.clients import Control, Functions, RefusedError, UnavailableError, queue
from local.torture.messages import QUEUES

_LOOK_EVERY = 1.5
_ONLY_WAKING = ("ticket-work",)
"""Wake-ups and rounds come for ever; what they are for is seen in the tables."""
_FAILED_EVERY = 6.0


@dataclass
class Settling:
    """What is still under way, and the wait for its end."""

    storage: str
    control: Control
    functions: Functions
    say: Callable[[str], None]
    retried: set[str] = field(default_factory=set)
    resent: int = 0
    _asked_at: float = 0.0

    def wait(self, *, seconds: float, quiet: float) -> bool:
        """Return whether nothing was under way for `quiet` seconds on end, within `seconds`."""
        end = time.monotonic() + seconds
        calm_since: float | None = None
        while time.monotonic() < end:
            left = self._left()
            now = time.monotonic()
            if left is None or any(count for name, count in left.items() if name not in _ONLY_WAKING):
                calm_since = None
            elif calm_since is None:
                calm_since = now
            elif now - calm_since >= quiet:
                return True
            shown = {name: count for name, count in (left or {}).items() if count}
            self.say(f"draining: {shown or 'nothing left'}, {end - now:.0f} s at most")
            time.sleep(_LOOK_EVERY)
        return False

    def _left(self) -> dict[str, int] | None:
        try:
            left = {name: self._messages(name) for name in QUEUES}
            left["hooks"] = int(self.control.ask("GET", "deliveries")["pending"])
            left |= self._rows()
            left["failed"] = self._retry()
        except (AzureError, UnavailableError):
            return None
        return left

    def _messages(self, name: str) -> int:
        with queue(self.storage, name) as client:
            return client.get_queue_properties().approximate_message_count or 0

    def _rows(self) -> dict[str, int]:
        with TableClient.from_connection_string(self.storage, "tickets") as table:
            return {name: len(_matching(table, prefix)) for name, prefix in (("pending", "p|"), ("outbox", "u|"))}

    def _retry(self) -> int:
        """A refusal ends a ticket, and a dead message its way, until somebody asks again, which is done here."""
        if time.monotonic() - self._asked_at < _FAILED_EVERY:
            return 0
        self._asked_at = time.monotonic()
        resent = int(self.functions.ask("POST", "failed-messages/resend")["resent"])
        self.resent += resent
        failed = self._failed()
        for ticket in failed:
            try:
                self.functions.ask("POST", f"tickets/{ticket}/retry")
            except RefusedError:
                continue
            self.retried.add(ticket)
        return len(failed) + resent

    def _failed(self) -> list[str]:
        with TableClient.from_connection_string(self.storage, "tickets") as table:
            return _matching(table, "t|", " and status eq 'failed'")


def _matching(table: TableClient, prefix: str, condition: str = "") -> list[str]:
    """Return "connection.key" of the rows with a prefix; Azurite scans the whole table anyway."""
    query = f"RowKey ge '{prefix}' and RowKey lt '{prefix}~'{condition}"
    rows = table.query_entities(query, select=["PartitionKey", "RowKey"])
    return [f"{row['PartitionKey']}.{row['RowKey'].removeprefix(prefix)}" for row in rows]

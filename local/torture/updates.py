"""Collects the messages on `ticket-updates`, as the platform would: each is kept before it is taken off the queue."""

import json
import threading
import time
from collections import defaultdict
from typing import Any

from azure.core.exceptions import AzureError

from local.torture.clients import queue

_AT_ONCE = 32
_IDLE = 0.3
_HELD = 30

type Update = dict[str, Any]


class Updates:
    """All messages so far, by ticket and sequence."""

    def __init__(self, storage: str) -> None:
        self._queue = queue(storage, "ticket-updates")
        self._lock = threading.Lock()
        self._by_ticket: dict[str, dict[int, Update]] = defaultdict(dict)
        self._items: dict[str, dict[str, Any]] = {}
        self.count = 0
        self.repeated = 0
        self.refused = 0
        self.contradictions: list[str] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Start collecting."""
        self._thread.start()

    def stop(self) -> None:
        """Take what is there, then end."""
        self._ended.set()
        self._thread.join()

    def card(self, vulnerability: str) -> dict[str, Any] | None:
        """Return the newest ticket of a vulnerability that has a work item, as its updates told it."""
        with self._lock:
            return self._items.get(vulnerability)

    def all(self) -> dict[str, dict[int, Update]]:
        """Return every message by ticket and sequence."""
        with self._lock:
            return {ticket: dict(messages) for ticket, messages in self._by_ticket.items()}

    def _run(self) -> None:
        while True:
            try:
                count = self._take()
            except AzureError:
                count = 0
            if not count:
                if self._ended.is_set():
                    return
                time.sleep(_IDLE)

    def _take(self) -> int:
        pages = self._queue.receive_messages(messages_per_page=_AT_ONCE, visibility_timeout=_HELD).by_page()
        messages = list(next(pages, ()))
        for message in messages:
            self.keep(json.loads(message.content))
            self._queue.delete_message(message)
        return len(messages)

    def keep(self, update: Update) -> None:
        """Keep one message; one that says something else than its first delivery is a contradiction.

        Of a message that became no ticket the sender learns, too, and has it sent again in the end.
        """
        if update["change"] == "refused":
            self.refused += 1
            return
        ticket, sequence = str(update["ticket"]), int(update["sequence"])
        with self._lock:
            self.count += 1
            known = self._by_ticket[ticket].get(sequence)
            if known is not None:
                self.repeated += 1
                if known != update:
                    self.contradictions.append(f"{ticket} has two messages with sequence {sequence}")
            self._by_ticket[ticket][sequence] = update
            current = update["current"]
            if current["work_item"] and sequence == max(self._by_ticket[ticket]):
                for vulnerability in current["vulnerabilities"]:
                    self._items[vulnerability] = current

"""Repeats, delays and reorders queue messages: copies with a random delay, some of which replace their original.

A copy is put before its original is taken off, so that none is ever lost, whatever dies in between.
"""

import threading
from dataclasses import dataclass, field
from random import Random

from azure.core.exceptions import AzureError
from azure.storage.queue import QueueClient

from local.torture.clients import queue
from local.torture.plan import chance
from local.torture.record import Record

QUEUES = ("ticket-requests", "ticket-work", "service-hook-events")
_EVERY = (0.1, 0.6)
_AT_ONCE = 8
_HELD = 10
_LONGEST_DELAY = 5
_COPIED = 0.15


@dataclass
class Messages:
    """One thread, until `stop`."""

    storage: str
    record: Record
    seed: int
    moved: int = 0
    copied: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._ended.set()
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        dice = chance(self.seed, "messages")
        # Texts stay as they are: some are Base64, some are not.
        queues = {name: queue(self.storage, name, base64=False) for name in QUEUES}
        while not self._ended.wait(dice.uniform(*_EVERY)):
            name = dice.choice(QUEUES)
            try:
                moved, copied = self._move(queues[name], dice), self._copy(queues[name], dice)
            except AzureError:
                continue
            self.moved += moved
            self.copied += copied
            if moved or copied:
                self.record("messages", queue=name, moved=moved, copied=copied)

    def _move(self, client: QueueClient, dice: Random) -> int:
        count = dice.randint(1, _AT_ONCE)
        pages = client.receive_messages(messages_per_page=count, visibility_timeout=_HELD).by_page()
        messages = list(next(pages, ()))
        dice.shuffle(messages)
        for message in messages:
            client.send_message(message.content, visibility_timeout=dice.randint(0, _LONGEST_DELAY))
            client.delete_message(message)
        return len(messages)

    def _copy(self, client: QueueClient, dice: Random) -> int:
        chosen = [message for message in client.peek_messages(32) if dice.random() < _COPIED]
        for message in chosen:
            client.send_message(message.content, visibility_timeout=dice.randint(0, _LONGEST_DELAY))
        return len(chosen)

"""Asks for a run over a managed token: a message of the queue `ticket-work`."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from shared.errors import TransientError
from shared.storage.queues import Queue

ROUND = "token"
_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Asking:
    """Whoever wants a managed token to be seen to."""

    queue: Queue

    def __call__(self, name: str) -> None:
        """Ask for a run over one managed token. Raises `TransientError`."""
        self.queue.send({"schema": _SCHEMA, "round": ROUND, "token": name})

    def leaked(self, name: str, digest: str, where: str) -> None:
        """Ask for a token of a managed one, known by its digest, to be replaced and revoked; `where` it was found.

        Raises `TransientError`.
        """
        self.queue.send({"schema": _SCHEMA, "round": ROUND, "token": name, "leaked": digest, "where": where})

    def again(self, message: Mapping[str, Any], *, after: float) -> None:
        """Ask once more for what a message asked for, `after` seconds; if that cannot be done now, the timer does."""
        with suppress(TransientError):
            self.queue.send(dict(message), delay=after)

    def soon(self, name: str) -> None:
        """Ask for a run if that can be done now: if not, the timer does."""
        with suppress(TransientError):
            self(name)

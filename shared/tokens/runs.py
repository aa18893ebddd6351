"""Runs over managed tokens: each is one message of the queue `ticket-work`, and what fails is told in good time."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.alerts import Alerts
from shared.errors import BridgeError, TransientError
from shared.storage.queues import Queue
from shared.tokens.farewell import Farewell
from shared.tokens.managed import DAY, Life, ManagedToken, Problem
from shared.tokens.rotation import Rotation, Tools
from shared.tokens.store import TakenOverError

log = logging.getLogger(__name__)
ROUND = "token"
ALERT = "token"
WARNED_AT = (0, 1, 3, 7, 14)
"""Days before a token's end at which a person hears that it could not be replaced so far; 0: nothing works."""
_URGENT = 3
_SCHEMA = 1

type Prepare = Callable[[ManagedToken], ManagedToken]


@dataclass(frozen=True, slots=True)
class Runs:
    """Starts runs and carries them out."""

    tools: Tools
    alerts: Alerts
    queue: Queue

    def start(self) -> None:
        """Ask for a run over every managed token."""
        for token in self.tools.store.all():
            self.ask(token.name)

    def ask(self, name: str) -> None:
        """Ask for a run over one managed token."""
        self.queue.send({"schema": _SCHEMA, "round": ROUND, "token": name})

    def run(self, message: Mapping[str, Any]) -> None:
        """Do what a message asks for; the timer asks again for what fails."""
        try:
            self.one(message["token"])
        except BridgeError as error:
            log.warning("managed token not seen to", extra={"token": message["token"], "why": error.message})

    def one(self, name: str, prepare: Prepare = lambda token: token) -> ManagedToken | None:
        """See to one managed token; `prepare` changes it first, once it is ours alone.

        Returns it afterwards, or None where it is not there or another worker is at it. Raises what keeps it from
        being done, which its row and an alert then say.
        """
        taken = self.tools.store.take(name)
        if taken is None:
            return None
        try:
            wanted = prepare(taken)
        except BridgeError:
            self.tools.store.release(taken)
            raise
        return self._seen_to(self.tools.store.save(wanted) if wanted != taken else taken)

    def _seen_to(self, token: ManagedToken) -> ManagedToken | None:
        if token.life is Life.DELETING:
            self._leave(token)
            return None
        rotation = Rotation(self.tools, token)
        try:
            done = rotation.run()
        except TakenOverError:
            raise  # the row is another's, and so is what it says
        except BridgeError as error:
            self._failed(rotation.token, error, works=rotation.works)
            raise
        return self.tools.store.release(replace(done, problem=None))

    def _leave(self, token: ManagedToken) -> None:
        try:
            Farewell(self.tools, token).run()
        except BridgeError as error:
            self._failed(token, error, works=True)
            raise

    def _failed(self, token: ManagedToken, error: BridgeError, *, works: bool) -> None:
        now = self.tools.now()
        at = threshold(token, now, works=works)
        if at is not None and (token.warned is None or at < token.warned):
            self._tell(token, at, error)
            token = replace(token, warned=at)
        with suppress(BridgeError):
            problem = Problem(error.message, error.hint, now)
            self.tools.store.release(replace(token, problem=problem).noting("failed", now, why=error.message))

    def _tell(self, token: ManagedToken, at: int, error: BridgeError) -> None:
        end = f"It ends on {token.current.valid_to:%Y-%m-%d %H:%M} UTC" if token.current else "There is none yet"
        urgent = at <= _URGENT
        log.warning("managed token not replaced", extra={"token": token.name, "why": error.message})
        with suppress(TransientError):
            self.alerts.send(
                ALERT,
                token.name,
                f"The managed token {token.name} could not be replaced. {end}. {error.message}",
                hint=error.hint,
                severity="error" if urgent else "warning",
            )


def threshold(token: ManagedToken, now: datetime, *, works: bool) -> int | None:
    """Return at which of `WARNED_AT` a token is that could not be seen to; None: there is plenty of time."""
    if token.current is None or not works:
        return 0
    left = (token.current.valid_to - now) / DAY
    return next((days for days in WARNED_AT if left <= days), None)

"""Runs over managed tokens: each is one message of the queue `ticket-work`, and what fails is told in good time."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from shared.alerts import Alerts, urgency
from shared.alerts import threshold as days_before
from shared.errors import BridgeError, TransientError
from shared.telemetry import metrics
from shared.tokens.asking import Asking
from shared.tokens.farewell import Farewell
from shared.tokens.managed import Life, ManagedToken, Problem
from shared.tokens.rotation import Rotation, Tools
from shared.tokens.store import TakenOverError

log = logging.getLogger(__name__)
ALERT = "token"
LEAK_ALERT = "token_leaked"

type Prepare = Callable[[ManagedToken], ManagedToken]


def _as_it_is(token: ManagedToken) -> ManagedToken:
    return token


@dataclass(frozen=True, slots=True)
class Runs:
    """Starts runs and carries them out. `renewed` hears of each connection whose token was replaced."""

    tools: Tools
    alerts: Alerts
    ask: Asking
    renewed: Callable[[str], None]

    def start(self) -> None:
        """Ask for a run over every managed token."""
        for token in self.tools.store.all():
            self.ask(token.name)

    def run(self, message: Mapping[str, Any]) -> None:
        """Do what a message asks for; what took too long goes on soon, and what failed when the timer asks."""
        try:
            self.one(message["token"], partial(self._after_leak, message) if "leaked" in message else _as_it_is)
        except TakenOverError as error:
            log.info("managed token to be seen to again", extra={"token": message["token"], "why": error.message})
            self.ask.again(message, after=self.tools.times.lease)
        except BridgeError as error:
            log.warning("managed token not seen to", extra={"token": message["token"], "why": error.message})

    def one(self, name: str, prepare: Prepare = _as_it_is) -> ManagedToken | None:
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

    def _after_leak(self, message: Mapping[str, Any], token: ManagedToken) -> ManagedToken:
        """Prepare a token of which a finding has the value, and tell once: a scanner reports it again and again."""
        now, where = self.tools.now(), str(message["where"])
        known = token.after_leak(str(message["leaked"]), now)
        if known == token:
            return token
        self.alerts.send(
            LEAK_ALERT,
            token.name,
            f"The value of the managed token {token.name} stands in {where}. It is being replaced and revoked.",
            hint="Find out how it got there, and who could read it.",
            severity="error",
        )
        return known.noting("leaked", now, where=where)

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
        left = done if rotation.waits and done.wasted else replace(done, problem=None)
        released = self.tools.store.release(self._warned(left, works=True))
        is_new = done.current != token.current
        metrics.rotations.add(1, {"outcome": "replaced" if is_new else "proved"})
        if is_new:
            self._tell_users(token.name)
        return released

    def _tell_users(self, name: str) -> None:
        """What waits for a credential that works can go on; a connection that hears nothing tries again by itself."""
        for connection in self.tools.owners.connections.signing_in_with(name):
            with suppress(TransientError):
                self.renewed(connection.name)

    def _leave(self, token: ManagedToken) -> None:
        try:
            Farewell(self.tools, token).run()
        except BridgeError as error:
            self._failed(token, error, works=True)
            raise

    def _failed(self, token: ManagedToken, error: BridgeError, *, works: bool) -> None:
        metrics.rotations.add(1, {"outcome": "failed"})
        now = self.tools.now()
        failed = replace(token, problem=Problem(error.message, error.hint, now))
        with suppress(BridgeError):
            self.tools.store.release(self._warned(failed, works=works).noting("failed", now, why=error.message))

    def _warned(self, token: ManagedToken, *, works: bool) -> ManagedToken:
        """Tell of a managed token's problem, once for each threshold; return it as one of which that was told."""
        at = threshold(token, self.tools.now(), works=works)
        if token.problem is None or at is None or (token.warned is not None and at >= token.warned):
            return token
        self._tell(token, token.problem, at)
        return replace(token, warned=at)

    def _tell(self, token: ManagedToken, problem: Problem, at: int) -> None:
        end = f"It ends on {token.current.valid_to:%Y-%m-%d %H:%M} UTC" if token.current else "There is none yet"
        log.warning("managed token not replaced", extra={"token": token.name, "why": problem.message})
        with suppress(TransientError):
            self.alerts.send(
                ALERT,
                token.name,
                f"The managed token {token.name} could not be replaced. {end}. {problem.message}",
                hint=problem.hint,
                severity=urgency(at),
            )


def threshold(token: ManagedToken, now: datetime, *, works: bool) -> int | None:
    """Return at which of `WARNED_AT` a token is that was not seen to, 0 where nothing works; None: there is time."""
    if token.current is None or not works:
        return 0
    return days_before(token.current.valid_to - now)

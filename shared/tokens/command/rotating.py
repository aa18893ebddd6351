"""Carries out what `rotation_steps` says, step by step; whatever is done is found by the next run."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.azure_devops import personal_access_tokens as pats
from shared.azure_devops.organisation import Organisation
from shared.azure_devops.paging import every
from shared.azure_devops.personal_access_tokens import NewToken, PersonalAccessToken
from shared.connections.models import Connection
from shared.errors import ConfigurationError, NotFoundError, TransientError
from shared.shown import moment
from shared.times import Times
from shared.tokens.command.destinations import Destination
from shared.tokens.command.family import digest, kept_name, members, new_name
from shared.tokens.command.rotation_steps import Create, Done, Revoke, Seen, Wait, Wanted, next_step
from shared.tokens.making import make
from shared.tokens.proving import Demand, Proving
from shared.tokens.showing import cut_short

_MOST_STEPS = 100


@dataclass(frozen=True, slots=True)
class Tools:
    """What a rotation works with."""

    organisation: Organisation
    place: Destination
    proving: Proving
    connection: Connection
    times: Times
    now: Callable[[], datetime]
    monotonic: Callable[[], float] = time.monotonic


@dataclass(slots=True)
class Rotating:
    """One run over the tokens of a name; `lifetime` None is that of the last one.

    `replaces` is the id of a token that was made otherwise.
    """

    tools: Tools
    name: str
    wanted: Wanted
    lifetime: timedelta | None = None
    replaces: str = ""
    made: bool = False
    revoked: list[PersonalAccessToken] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    _before: str | None = None

    def run(self) -> Seen:
        """Do all that is to be done now; returns what is there afterwards.

        Raises what Entra, Azure DevOps and the place raise, and `TransientError` while another process may be at it.
        """
        self.tools.place.check()
        for _ in range(_MOST_STEPS):
            seen = self._look()
            match next_step(seen, self.wanted, self.tools.now()):
                case Done():
                    return seen
                case Wait(until):
                    raise TransientError(
                        f"Another run may be at work, or died lately: try again after {moment(until)}."
                    )
                case Revoke(token):
                    self._revoke(token)
                case Create(like):
                    self._create(like)
        raise TransientError("There is more to do than one run does.")

    def _look(self) -> Seen:
        tokens = list(every(self.tools.organisation, pats.list_tokens))
        value = self.tools.place.read() or ""
        seen = Seen(
            members=members(self.name, tokens),
            digest=digest(value) if value else "",
            works=bool(value) and self.tools.proving.works(self.tools.connection, value),
            first=next((token for token in tokens if token.authorization_id == self.replaces), None),
            made=self.made,
        )
        if self._before is None:
            self._before = seen.current.authorization_id if seen.current else ""
        return replace(seen, before=self._before)

    def _revoke(self, token: PersonalAccessToken) -> None:
        with suppress(NotFoundError):  # by another run, or a person
            self.tools.organisation.do(pats.revoke_token(token.authorization_id))
        self.revoked.append(token)

    def _create(self, like: PersonalAccessToken | None) -> None:
        scopes = self.wanted.scopes or (like.scopes if like else ())
        lifetime = self.lifetime or (like.valid_to - like.valid_from if like else None)
        if not (scopes and lifetime):
            raise ConfigurationError([f"There is no token {self.name} yet: say --scope and --days"])
        end = self.tools.now() + lifetime
        organisation, place = self.tools.organisation, self.tools.place
        made = make(organisation, new_name(self.name), scopes, end, place, ready=self._ready, leave_unknown=True)
        self.made = True
        self.warnings += cut_short(made.token, end)

    def _ready(self, made: NewToken) -> NewToken:
        """Prove a new token, then say in its name which value it has."""
        if objection := self.tools.proving.objection(Demand(self.tools.connection), made.value):
            raise TransientError(f"The new token will not do and was revoked: {objection.rstrip('.')}.")
        started = self.tools.monotonic()
        call = pats.update_token(made.token.authorization_id, name=kept_name(made.token.name, made.value))
        named = self.tools.organisation.do(call)
        if (named.scopes, named.valid_to) != (made.token.scopes, made.token.valid_to):
            raise TransientError("Azure DevOps changed more of a token than its name; it was revoked.")
        if self.tools.monotonic() - started > self.tools.times.send_window:
            raise TransientError("It took too long: another run may have taken the new token for a dead one's.")
        return replace(made, token=named)
